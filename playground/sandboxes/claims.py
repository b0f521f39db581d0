"""Claiming: a student's one sandbox, made if there is none."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from playground.sandboxes import pool
from playground.sandboxes.models import Sandbox

_LIVING = (Sandbox.State.POOLED, Sandbox.State.REQUESTED, Sandbox.State.READY)

#: A wish that no worker has fulfilled for so long is asked again: the task may be lost.
_ASK_AGAIN = timedelta(seconds=60)


def claim(owner: str) -> Sandbox:
    """Return the student's living sandbox: theirs, one from the pool, or one to be made."""
    from playground.sandboxes import tasks

    sandbox, made = _find_or_make(owner)
    if made and sandbox.state == Sandbox.State.READY:
        tasks.refill.delay()
        return sandbox
    waits = sandbox.state == Sandbox.State.REQUESTED
    if made or (waits and timezone.now() - sandbox.created > _ASK_AGAIN):
        tasks.create.delay(sandbox.id)
    return sandbox


def _find_or_make(owner: str) -> tuple[Sandbox, bool]:
    living = Sandbox.objects.filter(
        owner=owner, state__in=[Sandbox.State.REQUESTED, Sandbox.State.READY]
    )
    if found := living.first():
        return found, False
    try:
        with transaction.atomic():
            if pooled := pool.take(owner):
                return pooled, True
            return Sandbox.objects.create(owner=owner, claimed=timezone.now()), True
    except IntegrityError:  # another tab was quicker
        return living.get(), False


def give_up(sandbox_id: str, reason: str) -> bool:
    """Note that a sandbox is over, so that the next claim makes a new one.

    ``False`` if that was known: whoever gets ``True`` is the one to remove it.
    """
    changed = Sandbox.objects.filter(id=sandbox_id, state__in=_LIVING).update(
        state=Sandbox.State.REMOVED, error=reason
    )
    return bool(changed)


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
    """Note that somebody is at the sandbox."""
    Sandbox.objects.filter(id=sandbox_id).update(last_seen=timezone.now())
