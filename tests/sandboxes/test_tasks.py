"""The worker's tasks on real sandboxes; called directly, the tests of the site have a queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from playground.runtime.errors import NoSuchSandbox
from playground.runtime.node import Node
from playground.sandboxes import tasks
from playground.sandboxes.models import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.sandbox]


@pytest.fixture
def worker(node: Node, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """A worker without its queue: what it sends to itself runs at once."""
    monkeypatch.setattr(tasks, "local_node", lambda: node)
    settings.POOL_MIN = settings.POOL_MAX = 0
    monkeypatch.setattr(tasks.remove, "delay", tasks.remove)
    monkeypatch.setattr(tasks.refill, "delay", tasks.refill)
    monkeypatch.setattr(tasks.create, "delay", tasks.create)
    before = {sandbox.id for sandbox in node.sandboxes()}
    yield node
    node.sweep(keep=sorted(before))


def _state(row: Sandbox) -> str:
    row.refresh_from_db()
    return row.state


def test_create_makes_what_was_asked_for_and_twice_is_once(worker: Node) -> None:
    row = Sandbox.objects.create(owner="ann")
    tasks.create(row.id)
    assert _state(row) == Sandbox.State.READY
    pid = worker.get(row.id).pid
    tasks.create(row.id)  # delivered again
    assert worker.get(row.id).pid == pid


def test_a_wish_that_was_given_up_is_not_made(worker: Node) -> None:
    row = Sandbox.objects.create(owner="ann", state=Sandbox.State.REMOVED)
    tasks.create(row.id)
    tasks.create("s-unknown")
    for sandbox_id in (row.id, "s-unknown"):
        with pytest.raises(NoSuchSandbox):
            worker.get(sandbox_id)


def test_a_failure_is_told(worker: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.crun, "binary", "/nowhere/crun")
    row = Sandbox.objects.create(owner="ann")
    tasks.create(row.id)
    assert _state(row) == Sandbox.State.FAILED
    assert "/nowhere/crun" in row.error
    assert row.id not in worker.cgroup.sandbox_ids()


def test_remove_and_once_more(worker: Node) -> None:
    row = Sandbox.objects.create(owner="ann")
    tasks.create(row.id)
    tasks.remove(row.id)
    tasks.remove(row.id)
    assert _state(row) == Sandbox.State.REMOVED
    with pytest.raises(NoSuchSandbox):
        worker.get(row.id)


def test_reap_takes_the_idle_and_the_forgotten_and_leaves_the_rest(
    worker: Node, settings: Any
) -> None:
    settings.SANDBOX_IDLE_MINUTES = 10
    settings.SANDBOX_LIFE_MINUTES = 100
    names = ("used", "idle", "dropped", "old")
    rows = {name: Sandbox.objects.create(owner=name) for name in names}
    for row in rows.values():
        tasks.create(row.id)
    by_hand = worker.create()  # an operator's, without a row
    long_ago = timezone.now() - timedelta(minutes=11)
    Sandbox.objects.filter(id=rows["idle"].id).update(last_seen=long_ago)
    Sandbox.objects.filter(id=rows["dropped"].id).update(state=Sandbox.State.REMOVED)
    Sandbox.objects.filter(id=rows["old"].id).update(
        claimed=timezone.now() - timedelta(minutes=101)
    )
    tasks.reap()
    tasks.reap()
    left = {sandbox.id for sandbox in worker.sandboxes()}
    assert rows["used"].id in left
    assert by_hand.id in left
    assert rows["idle"].id not in left
    assert rows["dropped"].id not in left
    assert rows["old"].id not in left


def test_refill_makes_what_the_pool_lacks_and_reap_takes_what_it_has_too_much(
    worker: Node, settings: Any
) -> None:
    settings.POOL_MIN, settings.POOL_MAX, settings.POOL_FREE_MEMORY_MB = 2, 4, 0
    tasks.refill()
    tasks.refill()
    pooled = list(Sandbox.objects.filter(state=Sandbox.State.POOLED))
    assert len(pooled) == 2
    assert all(worker.get(row.id).is_alive() for row in pooled)
    settings.POOL_MIN = 1
    tasks.reap()
    assert Sandbox.objects.filter(state=Sandbox.State.POOLED).count() == 1
    with pytest.raises(NoSuchSandbox):
        worker.get(pooled[0].id)


def test_a_wish_of_a_killed_worker_does_not_stay(worker: Node) -> None:
    row = Sandbox.objects.create(owner="pool:x", created=timezone.now() - timedelta(minutes=6))
    worker.create(row.id)
    tasks.reap()
    assert _state(row) == Sandbox.State.REMOVED
    with pytest.raises(NoSuchSandbox):
        worker.get(row.id)


def test_reap_freezes_whom_nobody_looks_at(worker: Node, settings: Any) -> None:
    settings.SANDBOX_FREEZE_MINUTES, settings.SANDBOX_IDLE_MINUTES = 5, 60
    rows = {name: Sandbox.objects.create(owner=name) for name in ("there", "away")}
    for row in rows.values():
        tasks.create(row.id)
    long_ago = timezone.now() - timedelta(minutes=6)
    Sandbox.objects.filter(id=rows["away"].id).update(last_seen=long_ago)
    tasks.reap()
    tasks.reap()
    assert worker.get(rows["away"].id).inspect().state == "frozen"
    assert worker.get(rows["there"].id).inspect().state == "running"


def test_what_an_operator_removed_holds_no_place(worker: Node, settings: Any) -> None:
    settings.SANDBOXES_MAX = 1
    row = Sandbox.objects.create(owner="ann")
    tasks.create(row.id)
    waits = Sandbox.objects.create(owner="bob", state=Sandbox.State.WAITING)
    tasks.admit()
    assert _state(waits) == Sandbox.State.WAITING
    worker.get(row.id).remove()
    tasks.reap()
    assert _state(row) == Sandbox.State.REMOVED
    assert _state(waits) == Sandbox.State.READY


def test_reap_slows_whose_processor_time_is_spent(
    worker: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [Sandbox.objects.create(owner=name) for name in ("spent", "thrifty")]
    for row, seconds in zip(rows, (1, 3600), strict=True):
        monkeypatch.setenv("PLAYGROUND_SANDBOX_CPU_SECONDS", str(seconds))
        tasks.create(row.id)
    spent, thrifty = (worker.get(row.id) for row in rows)
    spent.run(["sh", "-c", "ulimit -t 2; while :; do :; done"])
    tasks.reap()
    assert spent.group.cpus() == pytest.approx(0.05)
    assert thrifty.group.cpus() == 1.0


def test_minutes_left_of_a_life(settings: Any) -> None:
    settings.SANDBOX_LIFE_MINUTES = 60
    row = Sandbox(claimed=timezone.now() - timedelta(minutes=52, seconds=30))
    assert row.minutes_left() == 8
    row.claimed = timezone.now() - timedelta(minutes=70)
    assert row.minutes_left() == 1  # the reaper is on its way
    row.claimed = None
    assert row.minutes_left() is None
