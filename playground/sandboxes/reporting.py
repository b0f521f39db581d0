"""A node's reports, and the tasks that it asks its own worker for (``manage.py node report``).

The worker reads the queue of new wishes while the node has room. When that changes the worker is
told by Celery's own remote control.
"""

from __future__ import annotations

import logging
import time

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, close_old_connections
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from playground.sandboxes import nodes, tasks
from playground.sandboxes.models import NodeRecord

log = logging.getLogger(__name__)

_REFILL_EVERY, _TEND_EVERY = 4.0, 30.0


def worker_name() -> str:
    """What this node's worker calls itself."""
    return f"worker@{settings.NODE}"


def run() -> None:
    """Report until ended. While database or Redis cannot be reached it goes on trying."""
    due = {tasks.refill: 0.0, tasks.tend: time.monotonic() + _TEND_EVERY}
    every = {tasks.refill: _REFILL_EVERY, tasks.tend: _TEND_EVERY}
    while True:
        began = time.monotonic()
        try:
            close_old_connections()
            before = nodes.record()
            own = nodes.report()
            if before is not None and before.state == NodeRecord.State.LOST:
                log.warning("node %s is back: what it had is cleared", settings.NODE)
                tasks.recover.delay()
                tasks.tend.delay()
            _read_wishes(own)
            for task, moment in due.items():
                if moment <= began:
                    due[task] = began + every[task]
                    task.apply_async(queue=nodes.queue(settings.NODE), expires=every[task])
        except (DatabaseError, OperationalError, RedisError, OSError) as error:
            log.warning("node %s could not report: %s", settings.NODE, error)
        time.sleep(max(0.2, nodes.REPORT_EVERY - (time.monotonic() - began)))


def _read_wishes(own: NodeRecord) -> None:
    """Have the worker read new wishes, or leave them to others; saying it again is harmless."""
    control = current_app.control
    act = control.add_consumer if nodes.takes_new() else control.cancel_consumer
    act(nodes.MAKE, destination=[worker_name()])
    log.debug("node %s: %s, room for %s", own.name, own.state, own.places)
