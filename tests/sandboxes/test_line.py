"""The waiting line: who comes in, who is next, who has left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from playground.sandboxes import claims, line, room, tasks
from playground.sandboxes.models import Sandbox

pytestmark = pytest.mark.django_db

State = Sandbox.State


@pytest.fixture(autouse=True)
def asked(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine for two sandboxes without a pool, and what the worker was asked for."""
    settings.SANDBOXES_MAX, settings.POOL_MIN, settings.POOL_MAX = 2, 0, 0
    sent: list[str] = []
    monkeypatch.setattr(tasks.create, "delay", sent.append)
    monkeypatch.setattr(tasks.refill, "delay", lambda: sent.append("refill"))
    return sent


def _now(row: Sandbox) -> Sandbox:
    row.refresh_from_db()
    return row


def _end(row: Sandbox) -> None:
    Sandbox.objects.filter(id=row.id).update(state=State.REMOVED)


def test_the_full_machine_makes_wait_and_positions_move(asked: list[str]) -> None:
    inside = [claims.claim(name) for name in ("ann", "bob")]
    waits = [claims.claim(name) for name in ("cat", "dan", "eve")]
    assert [row.state for row in inside] == [State.REQUESTED] * 2
    assert [row.state for row in waits] == [State.WAITING] * 3
    assert [line.position(row) for row in waits] == [1, 2, 3]
    assert asked == [row.id for row in inside]
    _end(inside[0])
    tasks.admit()
    assert [_now(row).state for row in waits] == [State.REQUESTED, State.WAITING, State.WAITING]
    assert [line.position(row) for row in waits[1:]] == [1, 2]
    assert asked[2:] == [waits[0].id]


def test_a_second_tab_has_the_same_place(asked: list[str]) -> None:
    claims.claim("ann")
    claims.claim("bob")
    place = claims.claim("cat")
    assert claims.claim("cat").id == place.id
    assert line.waiting().count() == 1


def test_who_comes_later_does_not_overtake(asked: list[str]) -> None:
    inside = [claims.claim(name) for name in ("ann", "bob")]
    first = claims.claim("cat")
    _end(inside[0])
    assert claims.claim("dan").state == State.WAITING  # and lets in who was there before
    assert _now(first).state == State.REQUESTED


def test_whose_page_has_gone_leaves_the_line(asked: list[str]) -> None:
    inside = [claims.claim(name) for name in ("ann", "bob")]
    gone, there = claims.claim("cat"), claims.claim("dan")
    Sandbox.objects.filter(id=gone.id).update(last_seen=timezone.now() - timedelta(seconds=61))
    tasks.admit()
    assert _now(gone).state == State.REMOVED
    assert line.position(there) == 1
    _end(inside[1])
    tasks.admit()
    assert _now(there).state == State.REQUESTED
    assert claims.claim("cat").id != gone.id  # back again, at the end


def test_a_pooled_one_goes_to_who_has_waited_longest(asked: list[str]) -> None:
    claims.claim("ann")
    claims.claim("bob")
    first, second = claims.claim("cat"), claims.claim("dan")
    pooled = Sandbox.objects.create(state=State.POOLED)
    assert claims.claim("eve").state == State.WAITING
    assert _now(first).state == State.REMOVED
    assert (_now(pooled).owner, pooled.state) == ("cat", State.READY)
    assert claims.claim("cat").id == pooled.id
    assert line.position(second) == 1
    assert asked[2:] == ["refill"]


def test_the_pool_counts_and_takes_no_place_from_who_waits(
    asked: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.POOL_MIN, settings.POOL_MAX, settings.POOL_FREE_MEMORY_MB = 5, 5, 0
    made: list[str] = []

    class NoNode:
        def create(self, sandbox_id: str, limits: object, policy: str) -> None:
            made.append(sandbox_id)

    monkeypatch.setattr(tasks, "local_node", NoNode)
    for _ in range(4):
        tasks.refill()
    assert len(made) == 2  # as many as the machine may have
    ann, _, cat = claims.claim("ann"), claims.claim("bob"), claims.claim("cat")
    assert cat.state == State.WAITING
    _end(ann)
    tasks.refill()
    assert len(made) == 2  # the free place is cat's
    tasks.admit()
    assert _now(cat).state == State.REQUESTED


def test_two_workers_let_in_no_one_twice(
    asked: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other worker does all its work at the worst moment: between counting and changing."""
    settings.SANDBOXES_MAX = 1
    inside = claims.claim("ann")
    waits = [claims.claim(name) for name in ("bob", "cat", "dan")]
    settings.SANDBOXES_MAX = 2
    places = room.places
    entered: list[bool] = []

    def places_then_the_other_worker() -> int:
        found = places()
        if not entered:
            entered.append(True)
            tasks.admit()
        return found

    monkeypatch.setattr(room, "places", places_then_the_other_worker)
    tasks.admit()
    assert asked == [inside.id, waits[0].id]
    assert [_now(row).state for row in waits] == [State.REQUESTED, State.WAITING, State.WAITING]


def test_memory_makes_wait_too_and_counts_those_being_made(
    asked: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SANDBOXES_MAX, settings.FREE_MEMORY_MB = 0, 500
    monkeypatch.setattr(room, "available_mb", lambda: 750)
    states = [claims.claim(name).state for name in ("ann", "bob", "cat")]
    assert states == [State.REQUESTED, State.REQUESTED, State.WAITING]


def test_a_lost_wish_holds_no_place_for_ever(
    asked: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.remove, "delay", lambda _: None)
    settings.SANDBOXES_MAX = 2
    ann = claims.claim("ann")
    long_ago = timezone.now() - timedelta(minutes=6)
    Sandbox.objects.filter(owner="ann").update(claimed=long_ago)
    Sandbox.objects.create(owner="pool:x", state=State.REQUESTED, created=long_ago)
    cat = claims.claim("cat")
    assert cat.state == State.WAITING
    tasks._see_to_lost_pool_wishes()
    tasks._see_to_lost_wishes()
    tasks.admit()
    assert asked == [ann.id, ann.id, cat.id]  # hers is asked for again, for it may have a disk


def test_those_of_one_network_are_counted(asked: list[str], settings: Any) -> None:
    settings.SANDBOXES_MAX, settings.SANDBOXES_PER_ADDRESS = 0, 2
    ann, _ = claims.claim("ann", "192.0.2.7"), claims.claim("bob", "192.0.2.7")
    with pytest.raises(claims.NetworkIsFull) as refused:
        claims.claim("cat", "192.0.2.7")
    assert refused.value.limit == 2
    assert claims.claim("ann", "192.0.2.7").id == ann.id  # their own they keep
    assert claims.claim("dan", "192.0.2.8").address == "192.0.2.8"
    claims.claim("eve", "")  # not known where from
    _end(ann)
    claims.claim("cat", "192.0.2.7")
    settings.SANDBOXES_PER_ADDRESS = 0
    claims.claim("fay", "192.0.2.7")
