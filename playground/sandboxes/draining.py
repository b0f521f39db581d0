"""Taking a node out of the row, and back: what operators ask for by command or on their page."""

from __future__ import annotations

from django.db.models import QuerySet

from playground.sandboxes import claims, tasks
from playground.sandboxes.models import NodeRecord, Sandbox
from playground.sandboxes.room import HOLDING


class StillReports(Exception):
    """A node that is there cannot be forgotten."""


def drain(name: str, *, end: bool = False) -> None:
    """Let a node have no new sandboxes; its pool goes, and with ``end`` its students' go too."""
    NodeRecord.objects.filter(name=name).update(drain=True)
    NodeRecord.objects.filter(name=name, state=NodeRecord.State.UP).update(
        state=NodeRecord.State.DRAINING
    )
    rows = held(name)
    for row in rows if end else rows.exclude(state=Sandbox.State.READY):
        if claims.give_up(row.id, "its node is drained"):
            tasks.remove.delay(row.id)


def take_back(name: str) -> None:
    """Let a node have new sandboxes again; a lost one will once it reports."""
    NodeRecord.objects.filter(name=name).update(drain=False)
    NodeRecord.objects.filter(name=name, state=NodeRecord.State.DRAINING).update(
        state=NodeRecord.State.UP
    )


def forget(node: NodeRecord) -> None:
    """Take a node that has been stopped for good out of the row; raises ``StillReports``."""
    if node.state != NodeRecord.State.LOST:
        raise StillReports(f"{node.name} still reports: drain it, and stop it first")
    tasks.settle_lost(node.name)
    node.delete()


def held(name: str) -> QuerySet[Sandbox]:
    """The sandboxes that a node has or makes."""
    rows: QuerySet[Sandbox] = Sandbox.objects.filter(node=name, state__in=HOLDING)
    return rows
