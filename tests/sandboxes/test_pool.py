from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from playground.sandboxes import claims, pool, tasks
from playground.sandboxes.models import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sent(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A small pool, and what the worker was asked for."""
    settings.POOL_MIN, settings.POOL_MAX, settings.POOL_FREE_MEMORY_MB = 1, 3, 0
    asked: list[str] = []
    monkeypatch.setattr(tasks.create, "delay", lambda sandbox_id: asked.append("create"))
    monkeypatch.setattr(tasks.refill, "delay", lambda: asked.append("refill"))
    return asked


def _pooled() -> Sandbox:
    row: Sandbox = Sandbox.objects.create(state=Sandbox.State.POOLED)
    return row


def test_a_claim_takes_from_the_pool_the_oldest_first(sent: list[str]) -> None:
    first, second = _pooled(), _pooled()
    assert claims.claim("ann").id == first.id
    assert claims.claim("bob").id == second.id
    assert claims.claim("ann").id == first.id  # a second tab
    assert sent == ["refill", "refill"]
    assert claims.claim("cat").state == Sandbox.State.REQUESTED
    assert sent[-1] == "create"


def test_a_student_who_has_one_takes_none(sent: list[str]) -> None:
    own = Sandbox.objects.create(owner="ann", state=Sandbox.State.READY)
    spare = _pooled()
    assert claims.claim("ann").id == own.id
    spare.refresh_from_db()
    assert spare.state == Sandbox.State.POOLED


def test_demand_makes_it_grow_and_its_end_shrink(sent: list[str]) -> None:
    assert pool.target() == 1
    for name in "abcde":
        claims.claim(name)
    assert pool.target() == 3  # the most
    Sandbox.objects.update(claimed=timezone.now() - timedelta(minutes=3))
    assert pool.target() == 1
    waiting = [_pooled() for _ in range(3)]
    assert pool.surplus() == [waiting[0].id, waiting[1].id]


def test_it_leaves_memory_free(settings: Any) -> None:
    assert pool.is_short()
    settings.POOL_FREE_MEMORY_MB = 1 << 30
    assert not pool.is_short()
