from __future__ import annotations

from typing import Any

import pytest

from playground.sandboxes import limits, pool, room, tasks
from playground.sandboxes.models import Sandbox, Setting

pytestmark = pytest.mark.django_db


def test_the_environment_holds_until_one_is_set_and_again_afterwards(settings: Any) -> None:
    settings.POOL_MIN, settings.POOL_MAX = 2, 10
    assert (limits.value("POOL_MIN"), pool.target()) == (2, 2)
    assert limits.change("POOL_MIN", " 4 ") == 4
    assert (limits.value("POOL_MIN"), pool.target()) == (4, 4)
    assert limits.known("POOL_MIN") == 4
    assert limits.overridden() == {"POOL_MIN": 4}
    limits.go_back("POOL_MIN")
    assert (limits.value("POOL_MIN"), limits.overridden()) == (2, {})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("POOL_MIN", "many"),
        ("POOL_MIN", "-1"),
        ("POOL_MIN", "1.5"),
        ("POOL_MIN", "11"),
        ("SANDBOX_CPUS", "nan"),
        ("SANDBOX_CPUS", "0"),
        ("SANDBOX_LIFE_MINUTES", "0"),
        ("SANDBOX_MEMORY_MB", "1000000"),
        ("SANDBOX_DISK_MB", "10"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(settings: Any, name: str, text: str) -> None:
    settings.POOL_MIN, settings.POOL_MAX = 2, 10
    with pytest.raises(ValueError, match=r"\.$"):
        limits.change(name, text)
    assert not Setting.objects.exists()


def test_going_back_keeps_the_pool_whole(settings: Any) -> None:
    settings.POOL_MIN, settings.POOL_MAX = 2, 10
    limits.change("POOL_MAX", "20")
    limits.change("POOL_MIN", "15")
    with pytest.raises(ValueError, match="pool"):
        limits.go_back("POOL_MAX")
    assert limits.value("POOL_MAX") == 20


def test_only_these_can_be_set() -> None:
    with pytest.raises(KeyError):
        limits.change("SECRET_KEY", "1")
    with pytest.raises(KeyError):
        limits.go_back("SECRET_KEY")


def test_room_follows_at_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SANDBOXES_MAX, settings.FREE_MEMORY_MB = 0, 0
    monkeypatch.setattr(room, "available_mb", lambda: 1000)
    assert room.places() == 10
    limits.change("SANDBOXES_MAX", "3")
    assert room.places() == 3


def test_a_new_sandbox_is_made_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_SANDBOX_CPUS", "2.5")
    monkeypatch.setenv("PLAYGROUND_SANDBOX_LOG_MB", "7")
    limits.change("SANDBOX_MEMORY_MB", "768")
    given: list[Any] = []

    class Node:
        def create(self, name: str, limits: Any, policy: str) -> None:
            given.append(limits)

    monkeypatch.setattr(tasks, "local_node", Node)
    monkeypatch.setattr(tasks, "finish", lambda row, made: None)
    tasks.create(Sandbox.objects.create(owner="a").id)
    assert (given[0].memory_mb, given[0].cpus, given[0].log_mb) == (768, 2.5, 7)
    assert isinstance(given[0].memory_mb, int)
