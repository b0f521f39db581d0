"""When the earlier steps' work is offered, and what it consists of."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from lessons import library, progress, rebuilding
from lessons.models import StepProgress
from playground.sandboxes.models import Sandbox

pytestmark = pytest.mark.django_db
LESSON = library.read(Path(__file__).parent / "content" / "ports")
FIRST, SECOND = LESSON.steps


@pytest.fixture(autouse=True)
def _cache(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


def _host(name: str, minutes_ago: float) -> Sandbox:
    claimed = timezone.now() - timedelta(minutes=minutes_ago)
    made: Sandbox = Sandbox.objects.create(id=name, owner="mina", claimed=claimed)
    return made


def test_solutions_and_commands_come_in_their_order() -> None:
    found = rebuilding.actions(LESSON, SECOND)
    assert [each.kind for each in found] == ["run", "run"]
    assert found[0].text.startswith("docker run -d --name web")
    assert rebuilding.actions(LESSON, FIRST) == []


def test_it_is_offered_where_the_step_before_was_not_done_on_this_host() -> None:
    old = _host("s-old", 30)
    assert not rebuilding.is_lacking("mina", LESSON, FIRST, old)
    assert rebuilding.is_lacking("mina", LESSON, SECOND, old)
    progress.step_done("mina", LESSON, FIRST)
    StepProgress.objects.update(done=timezone.now() - timedelta(minutes=10))
    assert not rebuilding.is_lacking("mina", LESSON, SECOND, old)
    Sandbox.objects.update(owner="")  # one student has one host at a time
    new = _host("s-new", 5)
    assert rebuilding.is_lacking("mina", LESSON, SECOND, new)
    rebuilding.note(new, LESSON, SECOND)
    assert not rebuilding.is_lacking("mina", LESSON, SECOND, new)
    assert rebuilding.is_lacking("jun", LESSON, SECOND, _host_of("jun"))


def test_more_than_the_gateway_takes_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    host = _host("s-1", 5)
    assert rebuilding.is_lacking("mina", LESSON, SECOND, host)
    monkeypatch.setattr(rebuilding, "MOST", 20)
    assert not rebuilding.is_lacking("mina", LESSON, SECOND, host)


def _host_of(student: str) -> Sandbox:
    made: Sandbox = Sandbox.objects.create(id=f"s-{student}", owner=student)
    return made
