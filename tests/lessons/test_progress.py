"""What is remembered of a student's way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from lessons import library, progress
from lessons.library import Lesson, Step
from lessons.models import StepProgress, TaskDone
from lessons.owners import _asks, _leaves, _moves

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parent / "content"


@pytest.fixture
def lesson(monkeypatch: pytest.MonkeyPatch) -> Lesson:
    found = library.read(SAMPLES / "ports")
    monkeypatch.setattr(library, "lessons", lambda: (found,))
    return found


def _do(student: str, lesson: Lesson, step: Step) -> bool:
    return [progress.task_done(student, lesson, step, task) for task in step.tasks][-1]


def test_a_step_is_done_with_its_last_task(lesson: Lesson) -> None:
    step = lesson.steps[0]
    assert len(step.tasks) > 2
    done = [progress.task_done("ann", lesson, step, task) for task in step.tasks]
    assert done == [False] * (len(step.tasks) - 1) + [True]
    assert progress.steps_done("ann", lesson) == {step.name}
    assert progress.tasks_done("ann", lesson) == set(step.tasks)
    assert progress.steps_done("bob", lesson) == set()
    # Once more is no harm, and the time stays the first one's.
    first = StepProgress.objects.get(student="ann").done
    assert progress.task_done("ann", lesson, step, step.tasks[0])
    assert StepProgress.objects.get(student="ann").done == first
    assert TaskDone.objects.count() == len(step.tasks)


def test_tries_count_until_the_step_is_done(lesson: Lesson) -> None:
    step = lesson.steps[0]
    progress.count("ann", lesson, step, attempts=1)  # not begun: nothing to count on
    progress.begin("ann", lesson, step)
    progress.count("ann", lesson, step, attempts=1, line="docker ps")
    progress.count("ann", lesson, step, hints=1)
    progress.count("ann", lesson, step, attempts=1, solutions=2, line="x" * 400)
    progress.step_done("ann", lesson, step)
    progress.count("ann", lesson, step, attempts=5, hints=5, solutions=5, line="last")
    row = StepProgress.objects.get()
    assert (row.attempts, row.hints, row.solutions, row.last_line) == (2, 1, 2, "last")


def test_a_long_line_is_cut(lesson: Lesson) -> None:
    progress.begin("ann", lesson, lesson.steps[0])
    progress.count("ann", lesson, lesson.steps[0], line="x" * 400)
    assert len(StepProgress.objects.get().last_line) == 300


def test_where_one_goes_on(lesson: Lesson) -> None:
    first, second = lesson.steps
    state = progress.states("ann")[lesson.slug]
    assert (state.resume, state.percent, state.last_seen) == (first.name, 0, None)
    progress.begin("ann", lesson, first)
    progress.begin("ann", lesson, second)
    assert progress.states("ann")[lesson.slug].resume == second.name
    _do("ann", lesson, second)
    state = progress.states("ann")[lesson.slug]
    assert (state.resume, state.percent, state.done) == (first.name, 50, False)
    _do("ann", lesson, first)
    state = progress.states("ann")[lesson.slug]
    assert (state.resume, state.percent, state.done) == (first.name, 100, True)


def test_the_newest_step_counts_not_the_last_begun(lesson: Lesson) -> None:
    first, second = lesson.steps
    progress.begin("ann", lesson, second)
    progress.begin("ann", lesson, first)
    StepProgress.objects.update(last_seen=timezone.now() - timedelta(hours=1))
    progress.begin("ann", lesson, second)
    assert progress.states("ann")[lesson.slug].resume == second.name


def test_a_track_is_done_when_its_last_step_is(lesson: Lesson) -> None:
    assert progress.track_done("ann", "run") is None
    _do("ann", lesson, lesson.steps[0])
    assert progress.track_done("ann", "run") is None
    _do("ann", lesson, lesson.steps[1])
    late = StepProgress.objects.get(step=lesson.steps[1].name).done
    assert progress.track_done("ann", "run") == late
    assert progress.track_done("ann", "images") is None  # a track without lessons is never done


def test_signing_in_takes_progress_along(lesson: Lesson) -> None:
    first, second = lesson.steps
    _do("old", lesson, first)
    progress.begin("new", lesson, first)
    progress.begin("old", lesson, second)
    progress.task_done("new", lesson, second, second.tasks[0])
    _moves("old", "new")
    assert not StepProgress.objects.filter(student="old").exists()
    assert not TaskDone.objects.filter(student="old").exists()
    assert progress.steps_done("new", lesson) == {first.name}
    assert progress.tasks_done("new", lesson) == {*first.tasks, second.tasks[0]}
    assert StepProgress.objects.filter(student="new").count() == 2


def test_what_was_done_first_stays(lesson: Lesson) -> None:
    step = lesson.steps[0]
    progress.step_done("new", lesson, step)
    first = StepProgress.objects.get(student="new").done
    progress.step_done("old", lesson, step)
    progress.move("old", "new")
    assert StepProgress.objects.get(student="new").done == first


def test_what_is_kept_is_told_and_forgotten(lesson: Lesson) -> None:
    _do("ann", lesson, lesson.steps[0])
    _do("bob", lesson, lesson.steps[0])
    told = _asks("ann")
    assert [each["step"] for each in told["steps"]] == [lesson.steps[0].name]
    assert {each["task"] for each in told["tasks"]} == set(lesson.steps[0].tasks)
    _leaves("ann")
    assert _asks("ann") == {"steps": [], "tasks": []}
    assert _asks("bob")["tasks"]
