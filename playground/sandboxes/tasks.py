"""What the worker does. Every task is short and may run twice."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

from asgiref.sync import async_to_sync
from celery import shared_task
from celery.signals import worker_ready
from channels.layers import get_channel_layer
from django.conf import settings
from django.db.models import Q

from playground.runtime import budget
from playground.runtime.catalogue import store
from playground.runtime.errors import NoSuchSandbox, SandboxError
from playground.runtime.sandbox import Sandbox as Host
from playground.sandboxes import claims, clock, kinds, limits, line, nodes, pool, recovery
from playground.sandboxes.models import NodeRecord, Sandbox
from playground.sandboxes.nodes import here, local_node
from playground.telemetry import metrics

log = logging.getLogger(__name__)

#: A wish that no worker has fulfilled for so long was lost.
_WISH_LASTS = timedelta(minutes=5)
_PASS_ON_AFTER = 0.3
#: Why a row is over; the page knows it by this.
_NODE_LOST = claims.NODE_LOST


@worker_ready.connect
def _find_again_at_start(**_: Any) -> None:
    """Nobody must wait for the first beat, nor for tasks that went with an earlier Redis."""
    recover.delay()


@shared_task
def recover() -> None:
    """Set right what an earlier worker has left, and fill the pool."""
    for sandbox_id in recovery.recover(local_node()):
        create.delay(sandbox_id)
    refill.delay()


@shared_task
def create(sandbox_id: str) -> None:
    """Make a sandbox that was asked for."""
    row = Sandbox.objects.filter(id=sandbox_id).first()
    if row is None or row.state != Sandbox.State.REQUESTED:
        return
    if not _take(row):
        return
    try:
        made = _make(row)
    except SandboxError as error:
        log.exception("sandbox %s could not be made", sandbox_id)
        _settle(row, Sandbox.State.FAILED, str(error))
        return
    finish(row, made)


def _take(row: Sandbox) -> bool:
    """Make a wish this node's; ``False`` if it is another's, or is left for one with room."""
    if row.node and row.node != settings.NODE:
        create.delay(row.id)  # it came by the shared queue before another node took it
        return False
    if not row.node and not nodes.takes_new():
        # Slowly: full nodes would pass it to and fro until the report of one stops its reading.
        time.sleep(_PASS_ON_AFTER)
        create.delay(row.id)
        return False
    wish = Sandbox.objects.filter(id=row.id, state=Sandbox.State.REQUESTED, node=row.node)
    taken = wish.update(node=settings.NODE)
    row.node = settings.NODE
    return bool(taken)


def _make(row: Sandbox) -> Host:
    """Make a row's sandbox with the limits of its kind, and count it; raises ``SandboxError``."""
    started = time.monotonic()
    try:
        wanted = kinds.applied(limits.for_sandbox(), row.limits)
        made = local_node().create(row.id, wanted, policy=kinds.policy(row.limits))
    except SandboxError:
        metrics.FAILED.inc()
        raise
    metrics.MADE.inc()
    metrics.CREATE_SECONDS.observe(time.monotonic() - started)
    return made


def finish(row: Sandbox, made: Host) -> None:
    """Hand a sandbox that was made to its student, if they still want it."""
    if not _settle(row, Sandbox.State.READY):
        # Either it was given up meanwhile, or another worker that was asked too was quicker.
        row.refresh_from_db()
        if row.state == Sandbox.State.REMOVED or row.node not in ("", settings.NODE):
            made.remove()


@shared_task
def refill() -> None:
    """Bring the pool to its size, one sandbox at a time: a claim that waits goes first."""
    row = pool.wish()
    if row is None:
        return
    try:
        made = _make(row)
    except SandboxError as error:
        log.exception("the pool could not be refilled")
        _settle(row, Sandbox.State.FAILED, str(error))
        return
    if not Sandbox.objects.filter(here(), id=row.id, state=Sandbox.State.REQUESTED).update(
        owner="", state=Sandbox.State.POOLED
    ):
        made.remove()  # a worker that started meanwhile took it for a dead one's
    admit()
    if pool.is_short():
        refill.delay()


@shared_task
def renew_pool() -> None:
    """Replace what waits in the pool with an older catalogue or other limits than hold now."""
    _give_up_outdated()
    refill.delay()


def _give_up_outdated() -> None:
    own = limits.for_sandbox()
    key = store.in_use(local_node().config)
    for row in Sandbox.objects.filter(state=Sandbox.State.POOLED):
        with suppress(SandboxError):
            record = local_node().get(row.id).record
            wanted = kinds.applied(own, row.limits)
            made_of = (record.limits, record.catalogue, record.policy)
            if made_of != (wanted, key, kinds.policy(row.limits)) and _leave_pool(row.id):
                remove.delay(row.id)


def _leave_pool(sandbox_id: str) -> bool:
    """Out of the pool first: nobody may be given one that is about to go."""
    pooled = Sandbox.objects.filter(id=sandbox_id, state=Sandbox.State.POOLED)
    return bool(pooled.update(state=Sandbox.State.REMOVED))


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
    """Remove a sandbox and everything in it. Its row says first that it is over."""
    claims.give_up(sandbox_id, "it was removed")
    local_node().clear(sandbox_id)
    metrics.REMOVED.inc()
    if row := Sandbox.objects.filter(id=sandbox_id).first():
        _tell(row)
    admit()


@shared_task
def freeze(sandbox_id: str) -> None:
    """Stop all that runs in a sandbox until somebody types in it or ``thaw`` is asked."""
    with suppress(NoSuchSandbox):
        sandbox = local_node().get(sandbox_id)
        if sandbox.is_alive() and not sandbox.group.is_frozen():
            sandbox.freeze()


@shared_task
def thaw(sandbox_id: str) -> None:
    """Let a frozen sandbox go on."""
    with suppress(NoSuchSandbox):
        sandbox = local_node().get(sandbox_id)
        if sandbox.is_alive():
            sandbox.thaw()


@shared_task
def reap() -> None:
    """Remove what nobody looks at any more or has lived its time, and what is forgotten."""
    now = clock.now()
    unseen = Q(last_seen__lt=now - timedelta(minutes=limits.value("SANDBOX_IDLE_MINUTES")))
    old = Q(claimed__lt=now - timedelta(minutes=limits.value("SANDBOX_LIFE_MINUTES")))
    old &= Q(life_minutes=None)
    given = Sandbox.objects.filter(state=Sandbox.State.READY)
    over = set(given.filter(unseen | old).values_list("id", flat=True))
    over |= {each.id for each in given.exclude(life_minutes=None) if each.is_over()}
    for sandbox_id in over:
        if claims.give_up(sandbox_id, "its time was over"):
            remove.delay(sandbox_id)
    _see_to_lost_wishes()
    tend()
    admit()
    refill.delay()


@shared_task
def tend() -> None:
    """What each node does for its own sandboxes now and then."""
    unseen = Q(last_seen__lt=clock.now() - timedelta(minutes=limits.value("SANDBOX_IDLE_MINUTES")))
    _freeze_idle()
    _enforce_budgets()
    _see_to_lost_pool_wishes()
    _forget_missing()
    for sandbox_id in pool.surplus():
        if _leave_pool(sandbox_id):
            remove.delay(sandbox_id)
    _give_up_outdated()
    # One that failed may have a disk that an operator can still rescue, for a while.
    failed = Q(state=Sandbox.State.FAILED) & unseen
    over_ids = Sandbox.objects.filter(Q(state=Sandbox.State.REMOVED) | failed)
    # Sandboxes that an operator made by hand have no row, and stay.
    for sandbox in local_node().sandboxes():
        if over_ids.filter(id=sandbox.id).exists():
            remove.delay(sandbox.id)
    local_node().network.restore()


@shared_task
def watch_nodes() -> None:
    """Find nodes that do not report any more, and give their students new sandboxes elsewhere."""
    for node in nodes.lost():
        log.error("node %s has not reported for %s s: it is lost", node.name, nodes.LOST_AFTER)
    # Not only of those just found: the worker that found them may have ended before it was done.
    gone = NodeRecord.objects.filter(state=NodeRecord.State.LOST).values_list("name", flat=True)
    for name in list(gone):
        settle_lost(name)


def settle_lost(name: str) -> None:
    """Let go of what a lost node has: rows that are over stay so, should it come back."""
    rows = Sandbox.objects.filter(node=name)
    rows.filter(state=Sandbox.State.POOLED).update(state=Sandbox.State.REMOVED, error=_NODE_LOST)
    rows.filter(state=Sandbox.State.REQUESTED, owner__startswith="pool:").update(
        state=Sandbox.State.REMOVED, error=_NODE_LOST
    )
    for row in rows.filter(state=Sandbox.State.READY):
        if claims.give_up(row.id, _NODE_LOST):
            _tell(row)
    # What was being made is made by another, under another name: this one may be there half.
    for row in rows.filter(state=Sandbox.State.REQUESTED):
        if claims.give_up(row.id, _NODE_LOST):
            _tell(row)


def _enforce_budgets() -> None:
    """Slow down whose processor time is used up."""
    for sandbox in local_node().sandboxes():
        try:
            budget.enforce(sandbox)
        except (OSError, SandboxError) as error:
            # One that has just ended has no counter, and needs none.
            log.debug("the budget of sandbox %s was not looked at: %s", sandbox.id, error)


def _see_to_lost_pool_wishes() -> None:
    """A worker that was killed left wishes that hold a place, and that nobody fulfils."""
    long_ago = clock.now() - _WISH_LASTS
    for sandbox_id in pool.wishes().filter(created__lt=long_ago).values_list("id", flat=True):
        if claims.give_up(sandbox_id, "it was never made"):
            remove.delay(sandbox_id)


def _see_to_lost_wishes() -> None:
    """A student's may have a disk. It is asked for again; where nobody comes it is idle then."""
    long_ago = clock.now() - _WISH_LASTS
    students = Sandbox.objects.filter(state=Sandbox.State.REQUESTED, claimed__lt=long_ago)
    for sandbox_id in students.values_list("id", flat=True):
        create.delay(sandbox_id)


def _forget_missing() -> None:
    """What an operator removed by hand is not there for its student either, and holds no place."""
    there = [Sandbox.State.POOLED, Sandbox.State.READY]
    given = Sandbox.objects.filter(here(), state__in=there)
    for sandbox_id in given.values_list("id", flat=True):
        try:
            local_node().get(sandbox_id)
        except NoSuchSandbox:
            claims.give_up(sandbox_id, "it had been removed")
        except SandboxError as error:
            log.warning("%s", error)


def _freeze_idle() -> None:
    """Stop the sandboxes whose students have left; the hub lets them go on at the next key."""
    limit = clock.now() - timedelta(minutes=limits.value("SANDBOX_FREEZE_MINUTES"))
    away = Sandbox.objects.filter(here(), state=Sandbox.State.READY, last_seen__lt=limit)
    for sandbox_id in away.values_list("id", flat=True):
        try:
            sandbox = local_node().get(sandbox_id)
            if sandbox.is_alive() and not sandbox.group.is_frozen():
                sandbox.freeze()
        except SandboxError as error:
            log.warning("sandbox %s was not frozen: %s", sandbox_id, error)


def _settle(row: Sandbox, state: str, error: str = "") -> bool:
    """Change a wish into what became of it; ``False`` if it is no wish any more."""
    changed = Sandbox.objects.filter(here(), id=row.id, state=Sandbox.State.REQUESTED).update(
        state=state, error=error, last_seen=clock.now()
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
