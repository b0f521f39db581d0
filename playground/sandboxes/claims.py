"""Claiming: a student's one sandbox, made if there is none, or a place in the waiting line."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction

from playground.sandboxes import kinds, limits, line, pool
from playground.sandboxes.clock import now
from playground.sandboxes.models import Sandbox
from playground.serial import one_at_a_time

#: What a student has: a sandbox, the wish for one, or a place in the line.
OWNED = (Sandbox.State.WAITING, Sandbox.State.REQUESTED, Sandbox.State.READY)
_LIVING = (Sandbox.State.POOLED, *OWNED)

#: Why a row is over whose node was lost.
NODE_LOST = "its node was lost"

#: For how long after their last visit a student who comes back is told of it.
_TELL_WITHIN = timedelta(hours=12)

#: A wish that no worker has fulfilled for so long is asked again: the task may be lost.
_ASK_AGAIN = timedelta(seconds=60)


class NetworkIsFull(Exception):
    """The student's network has as many sandboxes as it may."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} sandboxes from one network")
        self.limit = limit


def claim(owner: str, address: str = "") -> Sandbox:
    """Return the student's living sandbox: theirs, one from the pool, or one to be made.

    On a full machine it is a place in the waiting line. ``address`` is the student's network, see
    :mod:`playground.sandboxes.addresses`. Raises ``NetworkIsFull``.
    """
    from playground.sandboxes import tasks

    sandbox, made = _find_or_make(owner, address)
    if made and sandbox.state == Sandbox.State.READY:
        tasks.refill.delay()
    elif made:
        # Everybody comes through the line; where there is room it is a short one.
        tasks.admit()
        return _living(owner) or sandbox
    elif sandbox.state == Sandbox.State.REQUESTED and _is_overdue(sandbox):
        tasks.create.delay(sandbox.id)
    return sandbox


def _living(owner: str) -> Sandbox | None:
    found: Sandbox | None = Sandbox.objects.filter(owner=owner, state__in=OWNED).first()
    return found


def _is_overdue(sandbox: Sandbox) -> bool:
    return now() - (sandbox.claimed or sandbox.created) > _ASK_AGAIN


def _find_or_make(owner: str, address: str) -> tuple[Sandbox, bool]:
    if found := _living(owner):
        return found, False
    try:
        with one_at_a_time(f"address {address}") if address else transaction.atomic():
            if found := _living(owner):  # another tab was quicker
                return found, False
            _check_network(address)
            kind = kinds.kind_of(owner)
            if not line.waiting().exists() and (pooled := pool.take(owner, address, kind)):
                return pooled, True
            place = Sandbox(
                owner=owner,
                address=address,
                state=Sandbox.State.WAITING,
                kind=kind.key,
                limits=kind.limits,
                life_minutes=kind.life_minutes,
            )
            place.save(force_insert=True)
            return place, True
    except IntegrityError:  # another tab was quicker
        return Sandbox.objects.get(owner=owner, state__in=OWNED), False


def _check_network(address: str) -> None:
    limit = limits.value("SANDBOXES_PER_ADDRESS")
    if not limit or not address:
        return
    if Sandbox.objects.filter(address=address, state__in=OWNED).count() >= limit:
        raise NetworkIsFull(limit)


def give_up(sandbox_id: str, reason: str) -> bool:
    """Note that a sandbox is over, so that the next claim makes a new one.

    ``False`` if that was known: whoever gets ``True`` is the one to remove it.
    """
    changed = Sandbox.objects.filter(id=sandbox_id, state__in=_LIVING).update(
        state=Sandbox.State.REMOVED, error=reason
    )
    return bool(changed)


def has_lost(student: str) -> bool:
    """Whether the student's host went with its node and they have not been told; asked once."""
    recent = now() - _TELL_WITHIN
    rows = Sandbox.objects.filter(
        owner=student, state=Sandbox.State.REMOVED, error=NODE_LOST, last_seen__gt=recent
    )
    return bool(rows.update(error=f"{NODE_LOST}, as its student knows"))


def revive(sandbox_id: str) -> bool:
    """Turn a student's sandbox that has ended into a wish for it to come back with its disk."""
    changed = Sandbox.objects.filter(id=sandbox_id, state=Sandbox.State.READY).update(
        state=Sandbox.State.REQUESTED, error=""
    )
    return bool(changed)


def bring_back(sandbox_id: str) -> None:
    """Have a student's sandbox that has ended started again; for one that is over, nothing."""
    from playground.sandboxes import tasks

    if revive(sandbox_id):
        tasks.create.delay(sandbox_id)


def seen(sandbox_id: str) -> None:
    """Note that somebody is at the sandbox, or at its place in the line."""
    Sandbox.objects.filter(id=sandbox_id).update(last_seen=now())
