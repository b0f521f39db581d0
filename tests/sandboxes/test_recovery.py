"""A worker that starts finds again what the one before it has left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from playground.runtime.node import Node
from playground.runtime.record import write
from playground.runtime.sandbox import Sandbox as Host
from playground.sandboxes import claims, tasks
from playground.sandboxes.models import Sandbox
from playground.sandboxes.recovery import recover
from tests.support import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.sandbox]
State = Sandbox.State


@pytest.fixture
def own(node: Node, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    """A node with nothing on it but what the test makes."""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    own = Node(replace(node.config, state_dir=node.config.state_dir / "recovery"))
    monkeypatch.setattr(tasks, "local_node", lambda: own)
    yield own
    own.shutdown()


def _row(node: Node, state: str, owner: str = "") -> tuple[Sandbox, Host]:
    row = Sandbox.objects.create(owner=owner, state=state)
    return row, node.create(row.id)


def _die(host: Host) -> None:
    host.group.kill()
    wait_until(lambda: not host.is_alive())


def test_living_hosts_are_left_alone(own: Node) -> None:
    rows = [_row(own, State.READY, "ann"), _row(own, State.POOLED)]
    by_hand = own.create("by-hand")
    assert recover(own) == []
    for row, host in rows:
        assert host.is_alive()
        state = row.state
        row.refresh_from_db()
        assert row.state == state
    assert by_hand.is_alive()


def test_a_students_host_that_died_is_asked_for_again_and_comes_back(own: Node) -> None:
    row, host = _row(own, State.READY, "ann")
    assert host.run(["sh", "-c", "echo kept > /root/file; sync"]).returncode == 0
    _die(host)
    assert recover(own) == [row.id]
    tasks.create(row.id)
    row.refresh_from_db()
    assert row.state == State.READY
    assert own.get(row.id).run(["cat", "/root/file"]).stdout == b"kept\n"


def test_wishes_are_asked_for_again_as_their_tasks_may_be_lost(own: Node) -> None:
    row = Sandbox.objects.create(owner="ann")
    assert recover(own) == [row.id]
    assert recover(own) == [row.id]


def test_dead_pooled_ones_and_the_pools_own_wishes_are_cleared(own: Node) -> None:
    pooled, host = _row(own, State.POOLED)
    _die(host)
    wish, _ = _row(own, State.REQUESTED, "pool:x")
    assert recover(own) == []
    for row in (pooled, wish):
        row.refresh_from_db()
        assert row.state == State.REMOVED
    assert own.sandboxes() == []


def test_half_made_ones_are_cleared(own: Node) -> None:
    host = own.create("never-started")
    write(host.directory, replace(host.record, pid=0))
    (own.config.sandboxes_dir / "empty").mkdir()
    recover(own)
    assert own.sandboxes() == []
    assert own.cgroup.sandbox_ids() == set()
    assert not list(own.config.sandboxes_dir.iterdir())


def test_two_workers_that_are_asked_for_one_host_make_one(own: Node) -> None:
    row = Sandbox.objects.create(owner="ann")
    late = Sandbox.objects.get(id=row.id)
    tasks.create(row.id)
    pid = own.get(row.id).pid
    # The second had read the row before the first was done.
    Sandbox.objects.filter(id=row.id).update(state=State.READY)
    late.state = State.REQUESTED
    tasks.finish(late, own.create(row.id))
    assert own.get(row.id).pid == pid
    assert own.get(row.id).is_alive()


def test_one_that_was_given_up_while_it_was_made_goes(own: Node) -> None:
    row, host = _row(own, State.REQUESTED, "ann")
    assert claims.give_up(row.id, "reset by its student")
    assert not claims.give_up(row.id, "again")
    tasks.finish(row, host)
    assert own.sandboxes() == []


def test_bringing_back_asks_once(own: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(tasks.create, "delay", asked.append)
    row = Sandbox.objects.create(owner="ann", state=State.READY)
    for _ in range(3):  # three pages of the student's
        claims.bring_back(row.id)
    assert asked == [row.id]
    over = Sandbox.objects.create(owner="bob", state=State.REMOVED)
    claims.bring_back(over.id)
    assert asked == [row.id]
