"""The waiting line of a full machine: who has waited longest is let in first."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from playground.sandboxes import pool, room
from playground.sandboxes.clock import now
from playground.sandboxes.kinds import Kind
from playground.sandboxes.models import Sandbox

#: The channel layer's group that hears when the line has moved.
GROUP = "sandboxes.line"

#: Who has had no page for so long has left: a reload or a short break of the network keeps a place.
_GONE_AFTER = timedelta(seconds=60)


def waiting() -> QuerySet[Sandbox]:
    """Those who wait, the longest first."""
    rows: QuerySet[Sandbox] = Sandbox.objects.filter(state=Sandbox.State.WAITING).order_by(
        "created", "id"
    )
    return rows


def position(sandbox: Sandbox) -> int:
    """The place in the line of one who waits; the next to be let in has number 1."""
    earlier = Q(created__lt=sandbox.created) | Q(created=sandbox.created, id__lt=sandbox.id)
    before: int = waiting().filter(earlier).count()
    return before + 1


def drop_gone() -> int:
    """Take out of the line whose page has gone; return how many."""
    gone = waiting().filter(last_seen__lt=now() - _GONE_AFTER)
    dropped: int = gone.update(state=Sandbox.State.REMOVED, error="left the waiting line")
    return dropped


def admit_first() -> Sandbox | None:
    """Let in who has waited longest: with a pooled sandbox, else with one to be made.

    Returns that sandbox, ``ready`` or ``requested``, or ``None`` if nobody waits or nothing is
    free. Safe beside itself: all take the first in line, and only one of them can change its row.
    The room is counted after the row was read, so it counts whoever was let in before.
    """
    while (first := waiting().first()) is not None:
        if given := _give_pooled(first):
            return given
        if room.places() < 1:
            return None
        if waiting().filter(id=first.id).update(state=Sandbox.State.REQUESTED, claimed=now()):
            first.refresh_from_db()
            return first
    return None


def _give_pooled(first: Sandbox) -> Sandbox | None:
    """Put a pooled sandbox in the place of a waiting row, both or neither."""
    if not pool.ready(first.kind):
        return None
    kind = Kind(**first.limits, life_minutes=first.life_minutes)
    with transaction.atomic():
        replaced = {"state": Sandbox.State.REMOVED, "error": "let in with a pooled sandbox"}
        if waiting().filter(id=first.id).update(**replaced) and (
            given := pool.take(first.owner, first.address, kind)
        ):
            return given
        transaction.set_rollback(True)
    return None
