"""The pool: sandboxes that are ready before anybody asks, so that a prompt is there at once."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet

from playground.sandboxes import room
from playground.sandboxes.clock import now
from playground.sandboxes.models import NodeRecord, Sandbox, new_id
from playground.sandboxes.nodes import here, record
from playground.serial import one_at_a_time

#: Claims of the last minutes say how many are coming: as many again are kept ready.
_DEMAND_WINDOW = timedelta(minutes=2)


#: Who owns a sandbox that is being made for the pool.
_OWNER = "pool:"


def wish() -> Sandbox | None:
    """Take a place for a sandbox of the pool; ``None`` if it needs none or there is none."""
    with one_at_a_time(f"pool {settings.NODE}"):
        if not is_short():
            return None
        wished: Sandbox = Sandbox.objects.create(
            state=Sandbox.State.REQUESTED, owner=f"{_OWNER}{new_id()}", node=settings.NODE
        )
        return wished


def wishes() -> QuerySet[Sandbox]:
    """Rows of sandboxes that are being made for this node's pool."""
    wished: QuerySet[Sandbox] = Sandbox.objects.filter(
        here(), state=Sandbox.State.REQUESTED, owner__startswith=_OWNER
    )
    return wished


def ready() -> int:
    """How many are in the pools of all nodes."""
    found: int = Sandbox.objects.filter(state=Sandbox.State.POOLED).count()
    return found


def ready_here() -> int:
    """How many are in this node's pool."""
    found: int = Sandbox.objects.filter(here(), state=Sandbox.State.POOLED).count()
    return found


def take(owner: str, address: str = "") -> Sandbox | None:
    """Give a pooled sandbox to a student, the longest-waiting first; ``None`` if there is none.

    Safe beside other claims: a row changes hands only if it is still in the pool. Raises
    ``IntegrityError`` if the student has a living sandbox already.
    """
    waiting = Sandbox.objects.filter(state=Sandbox.State.POOLED).order_by("created")
    if names := list(NodeRecord.objects.exclude(state="up").values_list("name", flat=True)):
        waiting = waiting.exclude(node__in=names)
    for sandbox in list[Sandbox](waiting[:8]):
        moment = now()
        taken = Sandbox.objects.filter(id=sandbox.id, state=Sandbox.State.POOLED).update(
            owner=owner,
            address=address,
            state=Sandbox.State.READY,
            claimed=moment,
            last_seen=moment,
        )
        if taken:
            sandbox.refresh_from_db()
            return sandbox
    return None


def target() -> int:
    """How many should be ready here: the least, and one for each claim of the last minutes."""
    own = record()
    if own is not None and own.state != NodeRecord.State.UP:
        return 0
    recent: int = Sandbox.objects.filter(here(), claimed__gt=now() - _DEMAND_WINDOW).count()
    wanted: int = min(settings.POOL_MIN + recent, settings.POOL_MAX)
    return wanted


def is_short() -> bool:
    """Whether one more should be made now: fewer than wanted, and room to spare.

    Where somebody waits there is none: the place is theirs.
    """
    if Sandbox.objects.filter(state=Sandbox.State.WAITING).exists():
        return False
    return ready_here() < target() and room.places_here() > 0 and has_memory()


def surplus() -> list[str]:
    """Ids of pooled sandboxes beyond what is wanted, the oldest first."""
    pooled = Sandbox.objects.filter(here(), state=Sandbox.State.POOLED).order_by("created")
    ids = list(pooled.values_list("id", flat=True))
    return ids[: max(0, len(ids) - target())]


def has_memory() -> bool:
    """Whether the machine has more memory available than the pool must leave free."""
    return room.available_mb() > int(settings.POOL_FREE_MEMORY_MB)
