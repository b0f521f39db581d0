"""What the worker does. Every task is short and may run twice."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from asgiref.sync import async_to_sync
from celery import shared_task
from celery.signals import worker_ready
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from playground.runtime import budget
from playground.runtime.errors import NoSuchSandbox, SandboxError
from playground.sandboxes import line, pool
from playground.sandboxes.models import Sandbox, new_id
from playground.sandboxes.nodes import local_node

log = logging.getLogger(__name__)

#: Who owns a sandbox that is being made for the pool.
_POOL_OWNER = "pool:"
#: A wish that no worker has fulfilled for so long holds its place no longer.
_WISH_LASTS = timedelta(minutes=5)


@worker_ready.connect
def _fill_at_start(**_: Any) -> None:
    """The first student must not wait for the first beat."""
    refill.delay()


@shared_task
def create(sandbox_id: str) -> None:
    """Make a sandbox that was asked for."""
    row = Sandbox.objects.filter(id=sandbox_id).first()
    if row is None or row.state != Sandbox.State.REQUESTED:
        return
    try:
        made = local_node().create(sandbox_id)
    except SandboxError as error:
        log.exception("sandbox %s could not be made", sandbox_id)
        _settle(row, Sandbox.State.FAILED, str(error))
        return
    if not _settle(row, Sandbox.State.READY):
        made.remove()  # it was given up while it was being made


@shared_task
def refill() -> None:
    """Bring the pool to its size, one sandbox at a time: a claim that waits goes first."""
    row = _wish_for_the_pool()
    if row is None:
        return
    try:
        local_node().create(row.id)
    except SandboxError as error:
        log.exception("the pool could not be refilled")
        _settle(row, Sandbox.State.FAILED, str(error))
        return
    row.owner, row.state = "", Sandbox.State.POOLED
    row.save(update_fields=["owner", "state"])
    admit()
    if pool.is_short():
        refill.delay()


def _wish_for_the_pool() -> Sandbox | None:
    """Take a place for a sandbox of the pool; ``None`` if it needs none or there is none."""
    with transaction.atomic():
        if not pool.is_short():
            return None
        owner = f"{_POOL_OWNER}{new_id()}"
        wish: Sandbox = Sandbox.objects.create(state=Sandbox.State.REQUESTED, owner=owner)
        return wish


@shared_task
def admit() -> None:
    """Let in those who have waited longest, as many as there is room for."""
    moved = line.drop_gone()
    while sandbox := line.admit_first():
        moved += 1
        if sandbox.state == Sandbox.State.READY:
            refill.delay()
        else:
            create.delay(sandbox.id)
    if moved:
        _send(line.GROUP)


@shared_task
def remove(sandbox_id: str) -> None:
    """Remove a sandbox and everything in it."""
    try:
        local_node().get(sandbox_id).remove()
    except NoSuchSandbox:
        pass
    row = Sandbox.objects.filter(id=sandbox_id).first()
    if row is not None and row.state != Sandbox.State.REMOVED:
        row.state = Sandbox.State.REMOVED
        row.save(update_fields=["state"])
        _tell(row)
    admit()


@shared_task
def reap() -> None:
    """Remove what nobody looks at any more or has lived its time, and what is forgotten."""
    now = timezone.now()
    unseen = Q(last_seen__lt=now - timedelta(minutes=settings.SANDBOX_IDLE_MINUTES))
    old = Q(claimed__lt=now - timedelta(minutes=settings.SANDBOX_LIFE_MINUTES))
    over = Sandbox.objects.filter(unseen | old, state=Sandbox.State.READY)
    for sandbox_id in over.values_list("id", flat=True):
        remove.delay(sandbox_id)
    _freeze_idle()
    _enforce_budgets()
    _forget_lost_wishes()
    _forget_missing()
    for sandbox_id in pool.surplus():
        # Out of the pool first: nobody may be given one that is about to go.
        if Sandbox.objects.filter(id=sandbox_id, state=Sandbox.State.POOLED).update(
            state=Sandbox.State.REMOVED
        ):
            remove.delay(sandbox_id)
    admit()
    refill.delay()
    living = [Sandbox.State.POOLED, Sandbox.State.REQUESTED, Sandbox.State.READY]
    wanted = set(Sandbox.objects.filter(state__in=living).values_list("id", flat=True))
    for sandbox in local_node().sandboxes():
        if sandbox.id in wanted and sandbox.is_alive():
            continue
        # Sandboxes that an operator made by hand have no row, and stay.
        if Sandbox.objects.filter(id=sandbox.id).exists():
            remove.delay(sandbox.id)


def _enforce_budgets() -> None:
    """Slow down whose processor time is used up."""
    for sandbox in local_node().sandboxes():
        try:
            budget.enforce(sandbox)
        except (OSError, SandboxError) as error:
            # One that has just ended has no counter, and needs none.
            log.debug("the budget of sandbox %s was not looked at: %s", sandbox.id, error)


def _forget_lost_wishes() -> None:
    """A worker that was killed left a wish that nobody will fulfil: its place is free again."""
    long_ago = timezone.now() - _WISH_LASTS
    of_the_pool = Q(owner__startswith=_POOL_OWNER, created__lt=long_ago)
    Sandbox.objects.filter(
        of_the_pool | Q(claimed__lt=long_ago), state=Sandbox.State.REQUESTED
    ).update(state=Sandbox.State.REMOVED, error="no worker has made it")


def _forget_missing() -> None:
    """What an operator removed by hand is not there for its student either, and holds no place."""
    given = Sandbox.objects.filter(state__in=[Sandbox.State.POOLED, Sandbox.State.READY])
    for row in given:
        try:
            local_node().get(row.id)
        except NoSuchSandbox:
            Sandbox.objects.filter(id=row.id).update(
                state=Sandbox.State.REMOVED, error="it had been removed"
            )


def _freeze_idle() -> None:
    """Stop the sandboxes whose students have left; the hub lets them go on at the next key."""
    limit = timezone.now() - timedelta(minutes=settings.SANDBOX_FREEZE_MINUTES)
    away = Sandbox.objects.filter(state=Sandbox.State.READY, last_seen__lt=limit)
    for sandbox_id in away.values_list("id", flat=True):
        try:
            sandbox = local_node().get(sandbox_id)
            if sandbox.is_alive() and not sandbox.group.is_frozen():
                sandbox.freeze()
        except SandboxError as error:
            log.warning("sandbox %s was not frozen: %s", sandbox_id, error)


def _settle(row: Sandbox, state: str, error: str = "") -> bool:
    """Change a wish into what became of it; ``False`` if it is no wish any more."""
    changed = Sandbox.objects.filter(id=row.id, state=Sandbox.State.REQUESTED).update(
        state=state, error=error, last_seen=timezone.now()
    )
    _tell(row)
    return bool(changed)


def _tell(row: Sandbox) -> None:
    """Say that something changed; whoever misses it reads the row again."""
    _send(row.group)


def _send(group: str) -> None:
    layer = get_channel_layer()
    if layer is not None:
        async_to_sync(layer.group_send)(group, {"type": "sandbox.changed"})
