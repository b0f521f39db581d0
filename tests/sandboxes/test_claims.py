from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from playground.sandboxes import claims, tasks
from playground.sandboxes.models import Sandbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the worker was asked for. The tests of the site have a real worker."""
    sent: list[str] = []
    monkeypatch.setattr(tasks.create, "delay", sent.append)
    return sent


def test_one_sandbox_a_student(asked: list[str]) -> None:
    first = claims.claim("ann")
    assert claims.claim("ann").id == first.id
    assert claims.claim("bob").id != first.id
    assert len(asked) == 2


def test_a_lost_wish_is_asked_again(asked: list[str]) -> None:
    wish = claims.claim("ann")
    Sandbox.objects.filter(id=wish.id).update(claimed=timezone.now() - timedelta(minutes=5))
    claims.claim("ann")
    assert asked == [wish.id, wish.id]


def test_after_giving_up_comes_a_new_one(asked: list[str]) -> None:
    gone = claims.claim("ann")
    claims.give_up(gone.id, "it had ended")
    assert claims.claim("ann").id != gone.id
    gone.refresh_from_db()
    assert gone.state == Sandbox.State.REMOVED


def test_two_living_ones_are_impossible(asked: list[str]) -> None:
    claims.claim("ann")
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Sandbox.objects.create(owner="ann")


def test_ids_cannot_be_guessed(asked: list[str]) -> None:
    ids = {claims.claim(str(n)).id for n in range(20)}
    assert len(ids) == 20
    assert all(len(sandbox_id) == 18 for sandbox_id in ids)
