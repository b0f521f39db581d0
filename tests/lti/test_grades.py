"""Grades: they arrive, in the end, once each, and the newest stays."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from lessons import library, progress
from lessons.library import Lesson
from playground.lti import grades, tasks
from playground.lti.models import Grade, Platform
from playground.lti.outbound import PlatformSession, Refused
from tests.lti.conftest import launch
from tests.lti.learning_platform import AGS, LTI, LearningPlatform


def lesson() -> Lesson:
    found = library.lesson("first-container")
    assert found and len(found.steps) > 1
    return found


@pytest.fixture
def student(client: Client, university: LearningPlatform, platform: Platform) -> str:
    """Somebody who has come from the course."""
    launch(client, university)
    return str(client.session["student"])


def percent(steps: int) -> int:
    return 100 * steps // len(lesson().steps)


def do_steps(student: str, steps: int, capture: Any) -> None:
    with capture(execute=True):
        for step in lesson().steps[:steps]:
            progress.step_done(student, lesson(), step)


def test_a_done_step_is_a_grade_at_the_platform(
    university: LearningPlatform,
    platform: Platform,
    student: str,
    asked: list[int],
    django_capture_on_commit_callbacks: Any,
) -> None:
    assert not asked and not Grade.objects.get().due  # opening a lesson is no grade
    do_steps(student, 1, django_capture_on_commit_callbacks)
    assert asked == [platform.pk]
    tasks.send_grades(platform.pk)
    (score,) = university.scores
    assert score["path"] == "/columns/1/scores"
    assert (score["userId"], score["scoreGiven"], score["scoreMaximum"]) == (
        "student-1",
        percent(1),
        100,
    )
    assert (score["activityProgress"], score["gradingProgress"]) == ("InProgress", "FullyGraded")
    row = Grade.objects.get()
    assert (row.sent, row.due, row.error) == (percent(1), None, "")
    do_steps(student, len(lesson().steps), django_capture_on_commit_callbacks)
    assert grades.send_due(platform) == 1  # several steps, one score
    assert university.scores[-1]["scoreGiven"] == 100
    assert university.scores[-1]["activityProgress"] == "Completed"
    assert university.requests.count("/token") == 2


def test_nothing_is_sent_twice(
    university: LearningPlatform,
    platform: Platform,
    student: str,
    asked: list[int],
    django_capture_on_commit_callbacks: Any,
) -> None:
    do_steps(student, 1, django_capture_on_commit_callbacks)
    grades.send_due(platform)
    do_steps(student, 1, django_capture_on_commit_callbacks)
    assert len(asked) == 1
    grades.mark(Grade.objects.all())
    assert grades.send_due(platform) == 0
    assert len(university.scores) == 1 and Grade.objects.get().due is None


def test_a_platform_that_is_down_is_tried_again(
    university: LearningPlatform,
    platform: Platform,
    student: str,
    asked: list[int],
    django_capture_on_commit_callbacks: Any,
) -> None:
    do_steps(student, 1, django_capture_on_commit_callbacks)
    university.refusals += [503, 500]
    for tries in (1, 2):
        assert grades.send_due(platform) == 0
        row = Grade.objects.get()
        assert row.tries == tries and "50" in row.error and row.due
        assert timezone.now() < row.due < timezone.now() + timedelta(minutes=2)
        assert grades.platforms_due() == [] and grades.send_due(platform) == 0
        Grade.objects.update(due=timezone.now())
    tasks.send_due_grades()
    assert asked == [platform.pk] * 2
    assert grades.send_due(platform) == 1
    row = Grade.objects.get()
    assert (row.tries, row.error, row.due) == (0, "", None)


def test_a_platform_that_nobody_reaches_is_given_up_and_taken_up_again(
    university: LearningPlatform,
    platform: Platform,
    student: str,
    django_capture_on_commit_callbacks: Any,
) -> None:
    do_steps(student, 1, django_capture_on_commit_callbacks)
    Platform.objects.update(token_url="http://localhost:1/token")
    platform.refresh_from_db()
    Grade.objects.update(tries=grades.MOST_TRIES - 1)
    assert grades.send_due(platform) == 0
    row = Grade.objects.get()
    assert row.due is None and "localhost" in row.error
    Platform.objects.update(token_url=f"{university.issuer}/token")
    platform.refresh_from_db()
    grades.mark(Grade.objects.exclude(error=""))
    assert grades.send_due(platform) == 1


def test_a_newer_score_at_the_platform_stays(
    university: LearningPlatform,
    platform: Platform,
    student: str,
    django_capture_on_commit_callbacks: Any,
) -> None:
    do_steps(student, 1, django_capture_on_commit_callbacks)
    late = (timezone.now() + timedelta(hours=1)).isoformat()
    university.scores.append({"userId": "student-1", "timestamp": late, "scoreGiven": 70})
    assert grades.send_due(platform) == 1
    assert [score["scoreGiven"] for score in university.scores] == [70]
    assert Grade.objects.get().due is None


def test_what_was_reached_stays(
    university: LearningPlatform,
    platform: Platform,
    student: str,
    django_capture_on_commit_callbacks: Any,
) -> None:
    Grade.objects.update(sent=90)
    do_steps(student, 1, django_capture_on_commit_callbacks)
    assert grades.send_due(platform) == 0
    assert Grade.objects.get().sent == 90


def test_one_task_at_a_time_speaks_to_a_platform(
    university: LearningPlatform,
    platform: Platform,
    student: str,
    django_capture_on_commit_callbacks: Any,
) -> None:
    do_steps(student, 1, django_capture_on_commit_callbacks)
    cache.set(f"lti-sending-{platform.pk}", 1)
    assert grades.send_due(platform) == 0 and not university.requests.count("/token")
    cache.delete(f"lti-sending-{platform.pk}")
    assert grades.send_due(platform) == 1


def test_a_column_is_made_where_there_is_none(
    client: Client,
    university: LearningPlatform,
    platform: Platform,
    django_capture_on_commit_callbacks: Any,
) -> None:
    services: Any = {
        "scope": [AGS + "scope/score", AGS + "scope/lineitem"],
        "lineitems": f"{university.issuer}/columns",
    }
    for subject in ("a", "b"):
        launch(client, university, subject, **{AGS + "claim/endpoint": services})
        do_steps(client.session["student"], 1, django_capture_on_commit_callbacks)
        assert grades.send_due(platform) == 1
    (column,) = university.columns
    assert (column["resourceLinkId"], column["scoreMaximum"]) == ("link-1", 100)
    assert {score["path"] for score in university.scores} == {"/columns/made/scores"}


def test_progress_from_before_is_graded_in_a_new_course(
    client: Client,
    university: LearningPlatform,
    platform: Platform,
    student: str,
    asked: list[int],
    django_capture_on_commit_callbacks: Any,
) -> None:
    do_steps(student, 1, django_capture_on_commit_callbacks)
    grades.send_due(platform)
    asked.clear()
    other: dict[str, Any] = {
        LTI + "resource_link": {"id": "link-2"},
        AGS + "claim/endpoint": {
            "scope": [AGS + "scope/score"],
            "lineitem": f"{university.issuer}/columns/2?type=1",
        },
    }
    launch(client, university, **other)
    assert asked == [platform.pk]
    Platform.objects.update(name="x")
    university.scores.clear()
    grades.send_due(platform)
    assert [score["path"] for score in university.scores] == ["/columns/2/scores?type=1"]


def test_a_platform_without_grades_gets_none(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    column = {"lineitem": f"{university.issuer}/columns/1"}
    every: list[Any] = [None, {"scope": [], **column}, {"scope": [AGS + "scope/score"]}]
    for services in every:
        launch(client, university, **{AGS + "claim/endpoint": services})
    assert not Grade.objects.exists()


def test_a_platform_elsewhere_cannot_have_us_ask_our_own_machines(
    university: LearningPlatform,
    platform: Platform,
    student: str,
    django_capture_on_commit_callbacks: Any,
) -> None:
    do_steps(student, 1, django_capture_on_commit_callbacks)
    Platform.objects.update(token_url="https://platform.example/token")
    platform.refresh_from_db()
    university.requests.clear()
    assert grades.send_due(platform) == 0
    assert "our own machine" in Grade.objects.get().error and not university.requests


@pytest.mark.parametrize(
    "url",
    [
        "http://platform.example/keys",
        "https://127.0.0.1/keys",
        "https://10.1.2.3/keys",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/",
        "https://[fe80::1]/",
        "file:///etc/passwd",
        "https://user@platform.example/",
        "https://[broken",
    ],
)
def test_addresses_that_are_not_asked(url: str) -> None:
    with pytest.raises(Refused):
        PlatformSession({"platform.example"}).get(url)


def test_answers_are_bounded_and_not_followed(university: LearningPlatform) -> None:
    session = PlatformSession({"localhost"})
    assert session.get(f"{university.issuer}/keys").json()["keys"]
    for kind, why in (("huge", "too much"), ("moved", "redirect")):
        with pytest.raises(Refused, match=why):
            session.get(f"{university.issuer}/{kind}")


def test_a_failing_listener_does_not_break_a_lesson(
    student: str,
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    def fail(_: int) -> None:
        raise RuntimeError("no queue")

    monkeypatch.setattr(tasks.send_grades, "delay", fail)
    do_steps(student, 1, django_capture_on_commit_callbacks)
    assert progress.states(student)["first-container"].done_steps == 1
    assert grades.platforms_due() == [platform.pk]  # the beat will see to it


def test_personal_data(client: Client, student: str, platform: Platform) -> None:
    data = json.loads(client.post("/account/export/").content)
    assert data["platform"]["subject"] == "student-1"
    assert data["platform"]["grades"][0]["lesson"] == "first-container"
    assert client.post("/account/delete/").status_code == 302
    assert not Grade.objects.exists() and not platform.identities.exists()
