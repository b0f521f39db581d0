"""Nodes: this process's own, and the row of them.

:func:`local_node` is the door to the runtime core; only the worker and operators' commands go
through. A node with a name (``PLAYGROUND_NODE``) reports to the database every few seconds. Without
one there is a single node, ``local``, which needs no reports: its processes share a machine.
"""

from __future__ import annotations

import os
import shutil
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from playground.runtime.catalogue import store
from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node
from playground.sandboxes.models import NodeRecord, Sandbox

LOCAL = "local"
#: Seconds between reports, and without one after which a node is lost.
REPORT_EVERY, LOST_AFTER = 2.0, 12.0
#: What a host's engine and shells have at the least, in tasks and MB; a node without is full.
_PIDS_EACH, _DISK_LEFT_MB = 200, 1024


@cache
def local_node() -> Node:
    """The node on this machine; raises ``ValueError`` for a bad setting."""
    return Node(RuntimeConfig.from_environ())


def here() -> Q:
    """Rows of this process's node. The single node's may have been made before nodes had names."""
    name = settings.NODE
    return Q(node__in=["", LOCAL]) if name == LOCAL else Q(node=name)


def queue(name: str) -> str:
    """The queue of tasks about sandboxes that a node owns."""
    return f"node.{name}"


def route(name: str, args: Any, kwargs: Any, options: Any, **_: Any) -> dict[str, str] | None:
    """Say in which queue a task belongs (Celery's ``task_routes``).

    What is about a sandbox goes to its node. A wish for one that no node has taken goes to all.
    """
    task = name.removeprefix("playground.sandboxes.tasks.")
    if task in ("recover", "tend"):
        return {"queue": queue(settings.NODE)}
    if task not in ("create", "remove", "freeze", "thaw") or not args:
        return None
    row = Sandbox.objects.filter(id=args[0]).only("node").first()
    if row is not None and row.node:
        return {"queue": queue(row.node)}
    # One that an operator made by hand has no row and is on the operator's node.
    return {"queue": MAKE if task == "create" else queue(settings.NODE)}


#: The queue of wishes for new sandboxes; a node reads it while it has room.
MAKE = "make"


def record() -> NodeRecord | None:
    """What the database knows of this node; ``None`` of the single one."""
    found: NodeRecord | None = NodeRecord.objects.filter(name=settings.NODE).first()
    return found


def takes_new() -> bool:
    """Whether this node may make another sandbox now."""
    from playground.sandboxes import room

    own = record()
    if own is not None and own.state != NodeRecord.State.UP:
        return False
    return settings.NODE == LOCAL or room.places_here() > 0


def report() -> NodeRecord:
    """Note that this node is there and what room it has; it comes back if it had been lost."""
    from playground.sandboxes import room

    node = local_node()
    found = store.find(node.config)
    disk = shutil.disk_usage(node.config.state_dir.parent).free >> 20
    pids = pids_left()
    places = room.places_here() if pids > _PIDS_EACH and disk > _DISK_LEFT_MB else 0
    held = Sandbox.objects.filter(here(), state__in=room.HOLDING).count()
    facts: dict[str, Any] = {
        "gateway": settings.NODE_GATEWAY,
        "ports": settings.NODE_PORTS,
        "places": min(places, pids // _PIDS_EACH),
        "memory_mb": room.available_mb(),
        "disk_mb": disk,
        "pids": pids,
        "sandboxes": held,
        "catalogue": found.key if found else "",
        "version": product_version(),
        "reported": Now(),
    }
    NodeRecord.objects.update_or_create(name=settings.NODE, defaults=facts)
    own: NodeRecord = NodeRecord.objects.get(name=settings.NODE)
    state = NodeRecord.State.DRAINING if own.drain else NodeRecord.State.UP
    # In one statement with what it was, so that whoever calls it lost meanwhile is not overruled.
    NodeRecord.objects.filter(name=own.name, state=own.state).update(state=state)
    return own


def lost() -> list[NodeRecord]:
    """Nodes that have just been found not to report, each returned to one caller only."""
    from datetime import timedelta

    late = NodeRecord.objects.exclude(state=NodeRecord.State.LOST).filter(
        reported__lt=Now() - timedelta(seconds=LOST_AFTER)
    )
    return [
        each for each in late if late.filter(name=each.name).update(state=NodeRecord.State.LOST)
    ]


def pids_left() -> int:
    """How many more process ids this machine has."""
    most = int(Path("/proc/sys/kernel/pid_max").read_text())
    return max(0, most - len(psutil.pids()))


def product_version() -> str:
    """The version that runs here; empty where it is not known."""
    if given := os.environ.get("PLAYGROUND_VERSION"):
        return given[:32]
    try:
        return version("docker-playground")
    except PackageNotFoundError:
        return ""
