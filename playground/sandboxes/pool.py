"""The pool: sandboxes that are ready before anybody asks, so that a prompt is there at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from playground.sandboxes import limits, room
from playground.sandboxes.clock import now
from playground.sandboxes.kinds import Kind
from playground.sandboxes.models import NodeRecord, PoolWish, Sandbox, new_id
from playground.sandboxes.nodes import here, record
from playground.serial import one_at_a_time

#: Claims of the last minutes say how many are coming: as many again are kept ready.
_DEMAND_WINDOW = timedelta(minutes=2)


#: Who owns a sandbox that is being made for the pool.
_OWNER = "pool:"


def wish() -> Sandbox | None:
    """Take a place for a sandbox of the pool; ``None`` if it needs none or there is none."""
    # Of all nodes one: what one takes the others must see, for a class's wish is for all together.
    with one_at_a_time("pool"):
        short = _short()
        if short is None:
            return None
        kind, limits = short
        wished: Sandbox = Sandbox.objects.create(
            state=Sandbox.State.REQUESTED,
            owner=f"{_OWNER}{new_id()}",
            node=settings.NODE,
            kind=kind,
            limits=limits,
        )
        return wished


def wishes() -> QuerySet[Sandbox]:
    """Rows of sandboxes that are being made for this node's pool."""
    wished: QuerySet[Sandbox] = Sandbox.objects.filter(
        here(), state=Sandbox.State.REQUESTED, owner__startswith=_OWNER
    )
    return wished


def ready(kind: str = "") -> int:
    """How many of a kind are in the pools of all nodes."""
    found: int = Sandbox.objects.filter(state=Sandbox.State.POOLED, kind=kind).count()
    return found


def ready_here(kind: str = "") -> int:
    """How many of a kind are in this node's pool."""
    found: int = Sandbox.objects.filter(here(), state=Sandbox.State.POOLED, kind=kind).count()
    return found


def take(owner: str, address: str = "", kind: Kind | None = None) -> Sandbox | None:
    """Give a pooled sandbox of the kind to a student, the longest-waiting first, if there is one.

    Safe beside other claims: a row changes hands only if it is still in the pool. Raises
    ``IntegrityError`` if the student has a living sandbox already.
    """
    kind = kind or Kind()
    pooled = Sandbox.objects.filter(state=Sandbox.State.POOLED, kind=kind.key)
    waiting = pooled.order_by("created")
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
            life_minutes=kind.life_minutes,
        )
        if taken:
            sandbox.refresh_from_db()
            return sandbox
    return None


def target(kind: str = "") -> int:
    """How many of a kind should be ready here at the most.

    Of the site's own: the least, and one for each claim of the last minutes. Of any: what somebody
    has wished for now, less what was claimed since; all nodes together make those.
    """
    own = record()
    if own is not None and own.state != NodeRecord.State.UP:
        return 0
    wished: int = sum(_left(each) for each in _holding().filter(kind=kind))
    return wished if kind else max(_wanted_here(), wished)


def _wanted_here() -> int:
    """How many of the site's own this node keeps ready whatever is wished for."""
    recent: int = Sandbox.objects.filter(here(), claimed__gt=now() - _DEMAND_WINDOW).count()
    wanted: int = min(limits.value("POOL_MIN") + recent, limits.value("POOL_MAX"))
    return wanted


def _holding() -> QuerySet[PoolWish]:
    moment = now()
    wishes: QuerySet[PoolWish] = PoolWish.objects.filter(since__lte=moment, until__gt=moment)
    return wishes


def _left(wish: PoolWish) -> int:
    """How many of a wish are still to come."""
    came: int = Sandbox.objects.filter(claimed__gte=wish.since, kind=wish.kind).count()
    return max(0, wish.count - came)


def is_short() -> bool:
    """Whether one more should be made now: fewer than wanted, and room to spare.

    Where somebody waits there is none: the place is theirs.
    """
    return _short() is not None


def _short() -> tuple[str, dict[str, Any]] | None:
    """The kind and limits of the one to make next; ``None`` if none should be made now."""
    if Sandbox.objects.filter(state=Sandbox.State.WAITING).exists():
        return None
    limits = {"": {}, **dict(_holding().values_list("kind", "limits"))}
    short = next((kind for kind in limits if _is_short_of(kind)), None)
    if short is None or room.places_here() <= 0 or not has_memory():
        return None
    return short, limits[short]


def _is_short_of(kind: str) -> bool:
    """Whether this node should make one: it wants more itself, or a wish needs more in all."""
    if target(kind) <= ready_here(kind):
        return False
    if not kind and _wanted_here() > ready_here():
        return True
    wished = sum(_left(each) for each in _holding().filter(kind=kind))
    making = Sandbox.objects.filter(
        state=Sandbox.State.REQUESTED, owner__startswith=_OWNER, kind=kind
    )
    return bool(wished > ready(kind) + making.count())


def surplus() -> list[str]:
    """Ids of pooled sandboxes beyond what is wanted, the oldest first."""
    pooled = Sandbox.objects.filter(here(), state=Sandbox.State.POOLED).order_by("created")
    by_kind: dict[str, list[str]] = {}
    for sandbox_id, kind in pooled.values_list("id", "kind"):
        by_kind.setdefault(kind, []).append(sandbox_id)
    return [
        sandbox_id
        for kind, ids in by_kind.items()
        for sandbox_id in ids[: max(0, len(ids) - target(kind))]
    ]


def has_memory() -> bool:
    """Whether the machine has more memory available than the pool must leave free."""
    return room.available_mb() > limits.value("POOL_FREE_MEMORY_MB")
