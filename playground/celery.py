"""The Celery application. Start it with ``celery -A playground``."""

from __future__ import annotations

import logging
import os
import time
import warnings
from typing import Any

from celery import Celery
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]
from celery.signals import (
    before_task_publish,
    setup_logging,
    task_postrun,
    task_prerun,
    worker_process_init,
)

from playground.telemetry import ids, metrics, tracing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
# Celery warns root for fear of pickled tasks. Ours are JSON, and making sandboxes takes root.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("playground")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def _leave_the_group(**_: Any) -> None:
    """A stop is sent to the worker's process group; the worker itself lets its tasks finish."""
    os.setpgrp()


log = logging.getLogger("playground.tasks")
_started: dict[str, float] = {}
_spans: dict[str, Any] = {}


@setup_logging.connect
def _leave_logging_alone(**_: Any) -> None:
    """Django's settings have said how; Celery would raise the root's level."""


@before_task_publish.connect
def _pass_the_id_on(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None and ids.current():
        headers["request_id"] = ids.current()


@task_prerun.connect
def _begin(task_id: str, task: Any, **_: Any) -> None:
    # Nobody asked for what beat asks for: such a task begins an id.
    given = getattr(task.request, "request_id", None)
    ids.bind(given or ids.new())
    _spans[task_id] = tracing.begin_task(task.name.rpartition(".")[2], first=not given)
    _started[task_id] = time.monotonic()


@task_postrun.connect
def _ended(task_id: str, task: Any, state: str | None = None, **_: Any) -> None:
    taken = time.monotonic() - _started.pop(task_id, time.monotonic())
    name = task.name.rpartition(".")[2]
    outcome = (state or "unknown").lower()
    metrics.TASKS.labels(name, outcome).inc()
    metrics.TASK_SECONDS.labels(name).observe(taken)
    facts = {"task": name, "outcome": outcome, "seconds": round(taken, 3)}
    log.info("task %(task)s %(outcome)s", facts, extra=facts)
    tracing.end_task(_spans.pop(task_id, None), outcome)
    ids.bind("")
