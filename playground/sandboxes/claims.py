"""Claiming: a student's one sandbox, made if there is none."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from playground.sandboxes import pool
from playground.sandboxes.models import Sandbox

_LIVING = (Sandbox.State.REQUESTED, Sandbox.State.READY)

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
    living = Sandbox.objects.filter(owner=owner, state__in=_LIVING)
    if found := living.first():
        return found, False
    try:
        with transaction.atomic():
            if pooled := pool.take(owner):
                return pooled, True
            return Sandbox.objects.create(owner=owner, claimed=timezone.now()), True
    except IntegrityError:  # another tab was quicker
        return living.get(), False


def give_up(sandbox_id: str, reason: str) -> None:
    """Note that a sandbox is not there any more, so that the next claim makes a new one."""
    Sandbox.objects.filter(id=sandbox_id, state__in=_LIVING).update(
        state=Sandbox.State.REMOVED, error=reason
    )


def seen(sandbox_id: str) -> None:
    """Note that somebody is at the sandbox."""
    Sandbox.objects.filter(id=sandbox_id).update(last_seen=timezone.now())
