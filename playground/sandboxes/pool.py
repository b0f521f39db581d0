"""The pool: sandboxes that are ready before anybody asks, so that a prompt is there at once."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from playground.sandboxes import limits, room
from playground.sandboxes.models import Sandbox, new_id
from playground.serial import one_at_a_time

#: Claims of the last minutes say how many are coming: as many again are kept ready.
_DEMAND_WINDOW = timedelta(minutes=2)


#: Who owns a sandbox that is being made for the pool.
_OWNER = "pool:"


def wish() -> Sandbox | None:
    """Take a place for a sandbox of the pool; ``None`` if it needs none or there is none."""
    with one_at_a_time("pool"):
        if not is_short():
            return None
        wished: Sandbox = Sandbox.objects.create(
            state=Sandbox.State.REQUESTED, owner=f"{_OWNER}{new_id()}"
        )
        return wished


def wishes() -> QuerySet[Sandbox]:
    """Rows of sandboxes that are being made for the pool."""
    wished: QuerySet[Sandbox] = Sandbox.objects.filter(
        state=Sandbox.State.REQUESTED, owner__startswith=_OWNER
    )
    return wished


def ready() -> int:
    """How many are in the pool."""
    found: int = Sandbox.objects.filter(state=Sandbox.State.POOLED).count()
    return found


def take(owner: str, address: str = "") -> Sandbox | None:
    """Give a pooled sandbox to a student, the longest-waiting first; ``None`` if there is none.

    Safe beside other claims: a row changes hands only if it is still in the pool. Raises
    ``IntegrityError`` if the student has a living sandbox already.
    """
    waiting = Sandbox.objects.filter(state=Sandbox.State.POOLED).order_by("created")
    for sandbox in list[Sandbox](waiting[:8]):
        now = timezone.now()
        taken = Sandbox.objects.filter(id=sandbox.id, state=Sandbox.State.POOLED).update(
            owner=owner,
            address=address,
            state=Sandbox.State.READY,
            claimed=now,
            last_seen=now,
        )
        if taken:
            sandbox.refresh_from_db()
            return sandbox
    return None


def target() -> int:
    """How many should be ready: the least, and one for each claim of the last minutes."""
    recent: int = Sandbox.objects.filter(claimed__gt=timezone.now() - _DEMAND_WINDOW).count()
    return min(limits.value("POOL_MIN") + recent, limits.value("POOL_MAX"))


def is_short() -> bool:
    """Whether one more should be made now: fewer than wanted, and room to spare.

    Where somebody waits there is none: the place is theirs.
    """
    if Sandbox.objects.filter(state=Sandbox.State.WAITING).exists():
        return False
    return ready() < target() and room.places() > 0 and has_memory()


def surplus() -> list[str]:
    """Ids of pooled sandboxes beyond what is wanted, the oldest first."""
    pooled = Sandbox.objects.filter(state=Sandbox.State.POOLED).order_by("created")
    ids = list(pooled.values_list("id", flat=True))
    return ids[: max(0, len(ids) - target())]


def has_memory() -> bool:
    """Whether the machine has more memory available than the pool must leave free."""
    return room.available_mb() > limits.value("POOL_FREE_MEMORY_MB")
