"""Plays wait for each other, and one whose worker was killed holds up nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from lessons.authoring import playing, tasks
from lessons.authoring.models import Play
from playground.sandboxes import nodes
from tests.lessons.authoring.conftest import Written

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What is put into the queue; there is none here."""
    found: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks.play, "apply_async", lambda args, **_: found.append(args))
    return found


def test_one_at_a_time(
    written: Written, asked: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []
    monkeypatch.setattr(playing, "run", lambda play: ran.append(play.pk))
    first = Play.objects.create(draft=written.draft, revision=1, state=Play.State.RUNNING)
    second = Play.objects.create(draft=written.draft, revision=1)
    tasks.play(second.pk)
    assert (ran, asked) == ([], [(second.pk,)])
    Play.objects.filter(pk=first.pk).update(seen=timezone.now() - playing.LOST_AFTER)
    tasks.play(second.pk)
    assert ran == [second.pk]
    tasks.play(second.pk)  # it may be sent twice
    assert ran == [second.pk]


def test_a_second_press_goes_on_with_the_first_play(
    written: Written, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.play, "delay", sent.append)
    url = f"/author/{written.draft.pk}/play/"
    with django_capture_on_commit_callbacks(execute=True):
        first = written.client.post(url)
        second = written.client.post(url)
    play = Play.objects.get()
    assert first["Location"] == second["Location"]
    assert sent == [play.pk]
    said = written.client.get(first["Location"], headers={"Accept": "application/json"}).json()
    assert (said["state"], said["over"]) == ("waiting", False)
    long_ago = timezone.now() - playing.LASTS - timedelta(minutes=1)
    Play.objects.update(state=Play.State.RUNNING, seen=long_ago)
    said = written.client.get(first["Location"], headers={"Accept": "application/json"}).json()
    assert (said["state"], said["lost"]) == ("failed", True)


def test_without_room_it_is_said(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "takes_new", lambda: False)
    play = Play.objects.create(draft=written.draft, revision=1)
    playing.run(play)
    play.refresh_from_db()
    assert play.state == Play.State.FAILED
    assert "no room" in play.problems[0]
