from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lessons import library, progress
from lessons.models import StepProgress
from playground.classes import live, saying
from playground.classes.models import Assignment, Class, Failure, Membership
from playground.sandboxes.models import Sandbox
from tests.classes.conftest import LESSON, Taught, signed_in

pytestmark = pytest.mark.django_db


def steps() -> list[str]:
    lesson = library.lesson(LESSON)
    assert lesson
    return [step.name for step in lesson.steps]


def member(taught: Taught, name: str, **more: object) -> Membership:
    made: Membership = Membership.objects.create(
        course=taught.course, student=name.lower(), name=name, **more
    )
    return made


def on_step(taught: Taught, name: str, seconds: float, **progress: object) -> Membership:
    """Somebody who came to the first step so long ago and is busy there."""
    now = timezone.now()
    since = now - timedelta(seconds=seconds)
    StepProgress.objects.create(
        student=name.lower(), lesson=LESSON, step=steps()[0], started=since, **progress
    )
    return member(taught, name, lesson=LESSON, step=steps()[0], on_step_since=since, last_seen=now)


def reasons(taught: Taught) -> dict[str, list[str]]:
    found = live.rows(taught.course, "en")
    return {row["name"]: [each["code"] for each in row["reasons"]] for row in found}


def test_long_is_against_the_class(taught: Taught) -> None:
    now = timezone.now()
    for n, took in enumerate((100, 120, 140)):
        row = on_step(taught, f"Done{n}", 1000)
        StepProgress.objects.filter(student=row.student).update(
            done=now - timedelta(seconds=1000 - took)
        )
    on_step(taught, "Quick", 170)
    on_step(taught, "Slow", 260)
    found = reasons(taught)
    assert found["Slow"] == ["long"]
    assert found["Quick"] == found["Done0"] == []
    slow = live.rows(taught.course, "en")[0]
    assert slow["name"] == "Slow"
    assert slow["reasons"][0]["usual"] == pytest.approx(120, abs=15)


def test_before_enough_are_done_the_lessons_own_figure_counts(taught: Taught) -> None:
    lesson = library.lesson(LESSON)
    assert lesson
    expected = 60 * lesson.minutes / len(lesson.steps)
    on_step(taught, "Slow", 3 * expected + 60)
    on_step(taught, "Fine", max(0, 3 * expected - 60))
    assert reasons(taught)["Slow"] == ["long"]
    assert reasons(taught)["Fine"] == []


def test_failures_lines_and_help_are_said_and_sorted(taught: Taught) -> None:
    failing = on_step(taught, "Failing", 10)
    for n in range(5):
        Failure.objects.create(member=failing, lesson=LESSON, step=steps()[0], line=f"x{n}", code=1)
    on_step(taught, "Typing", 10, attempts=15)
    first, second = on_step(taught, "Zoe", 10), on_step(taught, "Abe", 10)
    saying.ask_for_help(first)
    first.asked.update(at=timezone.now() - timedelta(minutes=2))
    saying.ask_for_help(second)
    saying.ask_for_help(second)
    rows = live.rows(taught.course, "en")
    assert [row["name"] for row in rows][:4] == ["Zoe", "Abe", "Failing", "Typing"]
    assert reasons(taught)["Failing"] == ["failed"]
    assert reasons(taught)["Typing"] == ["lines"]
    # Who is away is not stuck, but still asked.
    Membership.objects.update(last_seen=timezone.now() - timedelta(hours=1))
    assert reasons(taught) | {"Mina": []} == {
        "Mina": [], "Zoe": ["help"], "Abe": ["help"], "Failing": [], "Typing": [],
    }  # fmt: skip


def test_what_students_do_is_noted_where_their_class_does_the_lesson(taught: Taught) -> None:
    lesson, other = library.lesson(LESSON), library.lesson("images")
    assert lesson and other
    student = taught.member.student
    progress.begin(student, lesson, lesson.steps[1])
    progress.count(student, lesson, lesson.steps[1], attempts=1, line="docker rum")
    progress.failed(student, lesson, lesson.steps[1], "docker rum", 1)
    progress.failed(student, lesson, lesson.steps[1], "sleep 9", 130)
    progress.count(student, lesson, lesson.steps[1], attempts=1)
    now = Membership.objects.get(pk=taught.member.pk)
    assert (now.lesson, now.step, now.last_line) == (LESSON, lesson.steps[1].name, "docker rum")
    assert list(Failure.objects.values_list("line", "code")) == [("docker rum", 1), ("", 0)]
    # Another lesson is nobody's business.
    progress.begin(student, other, other.steps[0])
    progress.count(student, other, other.steps[0], attempts=1, line="secret")
    after = Membership.objects.get(pk=taught.member.pk)
    assert (after.lesson, after.last_line) == (LESSON, "docker rum")
    # A class that is over sees nothing either.
    Class.objects.update(archived=timezone.now())
    progress.failed(student, lesson, lesson.steps[1], "later", 1)
    assert Failure.objects.count() == 2


def test_a_rest_begins_a_step_anew_and_going_on_does_not(taught: Taught) -> None:
    lesson = library.lesson(LESSON)
    assert lesson
    student, step = taught.member.student, lesson.steps[0]
    progress.begin(student, lesson, step)
    long_ago = timezone.now() - timedelta(days=1)
    rows = Membership.objects.filter(pk=taught.member.pk)
    rows.update(on_step_since=long_ago)
    progress.begin(student, lesson, step)
    assert rows.get().on_step_since == long_ago
    rows.update(last_seen=long_ago)
    progress.begin(student, lesson, step)
    assert rows.get().on_step_since > long_ago


def test_two_hundred_take_no_more_queries_than_two(taught: Taught) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            live.rows(taught.course, "ko")
        return len(caught)

    queries()  # what is published is asked for once a second
    few = queries()
    names = [f"S{n}" for n in range(200)]
    Membership.objects.bulk_create(
        Membership(
            course=taught.course, student=n, name=n, lesson=LESSON, step=steps()[0],
            last_seen=timezone.now(), on_step_since=timezone.now(),
        )
        for n in names
    )  # fmt: skip
    StepProgress.objects.bulk_create(
        StepProgress(student=n, lesson=LESSON, step=step, done=timezone.now())
        for n in names
        for step in steps()
    )
    Sandbox.objects.bulk_create(Sandbox(owner=n, state="ready") for n in names)
    assert queries() == few
    rows = live.rows(taught.course, "en")
    assert len(rows) == 201
    assert {row["host"] for row in rows if row["name"] != "Mina"} == {"ready"}


def test_nobody_of_another_class_is_in_it(taught: Taught) -> None:
    owner, _ = signed_in("lee", "instructor")
    other = Class.objects.create(name="Other", owner=owner)
    Assignment.objects.create(course=other, lesson=LESSON)
    Membership.objects.create(course=other, student="x", name="Stranger")
    assert [row["name"] for row in live.rows(taught.course, "en")] == ["Mina"]
