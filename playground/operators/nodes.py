"""The row of nodes, as the operator's page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from playground.accounts import audit
from playground.runtime.catalogue import store
from playground.runtime.config import RuntimeConfig
from playground.sandboxes import clock, draining, room
from playground.sandboxes.asking import ask_node
from playground.sandboxes.models import NodeRecord, Sandbox
from playground.sandboxes.nodes import LOCAL, pids_left, product_version

VERBS = ("drain", "up", "forget")


@dataclass(frozen=True)
class Row:
    """One node. Memory and disk are what is free, in MB; ``heard`` is seconds ago."""

    name: str
    state: str
    #: It shall take no more, also when it comes back.
    drain: bool
    students: int
    pooled: int
    places: int
    memory_mb: int | None
    disk_mb: int | None
    pids: int | None
    catalogue: str
    version: str
    heard: int | None
    gateway: str
    #: Differs from most of the row, as while an upgrade goes round.
    other_catalogue: bool = False
    other_version: bool = False


def rows() -> list[Row]:
    """All nodes by name; where they have none, the machine as the only one."""
    named = list(NodeRecord.objects.order_by("name"))
    if not named:
        return [_this_machine()]
    counted = _counted()
    now = clock.now()
    living = [each for each in named if each.state != NodeRecord.State.LOST]
    usual = {what: _most([getattr(each, what) for each in living]) for what in _COMPARED}
    return [
        Row(
            name=each.name,
            state=each.state,
            drain=each.drain,
            students=counted.get((each.name, Sandbox.State.READY), 0),
            pooled=counted.get((each.name, Sandbox.State.POOLED), 0),
            places=each.places if each.state == NodeRecord.State.UP else 0,
            memory_mb=each.memory_mb,
            disk_mb=each.disk_mb,
            pids=each.pids,
            catalogue=each.catalogue,
            version=each.version,
            heard=max(0, int((now - each.reported).total_seconds())),
            gateway=each.gateway,
            other_catalogue=each.catalogue != usual["catalogue"],
            other_version=each.version != usual["version"],
        )
        for each in named
    ]


_COMPARED = ("catalogue", "version")


def _most(values: list[str]) -> str:
    """What most of them say; of as many the first by name."""
    return max(sorted(set(values)), key=values.count, default="")


def _counted() -> dict[tuple[str, str], int]:
    wanted = Sandbox.objects.filter(state__in=room.HOLDING).values_list("node", "state")
    return {(node, state): n for node, state, n in wanted.annotate(n=Count("id")).order_by()}


def _this_machine() -> Row:
    """The single node, which has no row: it is asked, and shown as lost if it does not answer."""
    looked = async_to_sync(ask_node)()
    machine: dict[str, Any] = looked["machine"] if looked else {}
    found = store.find(RuntimeConfig.from_environ())
    counted: dict[str, int] = {}
    for (_, state), many in _counted().items():
        counted[state] = counted.get(state, 0) + many
    return Row(
        name=LOCAL,
        state=NodeRecord.State.UP if looked else NodeRecord.State.LOST,
        drain=False,
        students=counted.get(Sandbox.State.READY, 0),
        pooled=counted.get(Sandbox.State.POOLED, 0),
        places=room.places() if looked else 0,
        memory_mb=_free_mb(machine.get("memory")),
        disk_mb=_free_mb(machine.get("disk")),
        pids=pids_left() if looked else None,
        catalogue=found.key if found else "",
        version=product_version(),
        heard=0 if looked else None,
        gateway=settings.NODE_GATEWAY,
    )


def _free_mb(used_and_all: list[int] | None) -> int | None:
    return (used_and_all[1] - used_and_all[0]) >> 20 if used_and_all else None


def act(request: HttpRequest, name: str, verb: str) -> None:
    """Drain a node, take it back or forget it, and note who did.

    Raises ``Http404`` for a name that is unknown, ``ValueError`` for another verb, and
    ``StillReports`` where a node that is there is to be forgotten.
    """
    if verb not in VERBS:
        raise ValueError(verb)
    node = get_object_or_404(NodeRecord, name=name)
    if verb == "forget":
        draining.forget(node)
    elif verb == "drain":
        draining.drain(name)
    else:
        draining.take_back(name)
    audit.record(request, f"node.{verb}", f"node {name}")
