from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from lessons import library
from lessons.models import StepProgress
from playground.classes import report
from playground.classes.models import Failure, Membership
from playground.spreadsheet import plain
from tests.classes.conftest import LESSON, Taught

pytestmark = pytest.mark.django_db


def test_a_report_counts_members_and_times(taught: Taught) -> None:
    lesson = library.lesson(LESSON)
    assert lesson
    first = lesson.steps[0].name
    now = timezone.now()
    members = [taught.member] + [
        Membership.objects.create(course=taught.course, student=f"s{n}", name=f"S{n}")
        for n in range(3)
    ]
    for n, member in enumerate(members[:3]):
        begun = now - timedelta(seconds=100 * (n + 1))
        done = None if n == 2 else now
        StepProgress.objects.create(
            student=member.student, lesson=LESSON, step=first, started=begun, done=done, attempts=4
        )
    for member, line in [(0, "docker rum"), (1, "docker rum"), (1, "docker rum"), (1, "ls x")]:
        Failure.objects.create(member=members[member], lesson=LESSON, step=first, line=line, code=1)
    Failure.objects.create(member=members[2], lesson=LESSON, step=first)
    # Of another lesson, or of nobody in the class: not counted.
    StepProgress.objects.create(student="stranger", lesson=LESSON, step=first, done=now)
    StepProgress.objects.create(student="s0", lesson="images", step="x", done=now)
    found = report.lessons(taught.course, "en")[0]
    step = found.steps[0]
    assert (step.begun, step.done, step.members, step.percent) == (3, 2, 4, 50)
    assert step.median_seconds in (149, 150, 151)
    assert (step.attempts, step.failed_members, step.wrong_answers) == (12, 3, 1)
    assert step.commands == [("docker rum", 2, 3), ("ls x", 1, 1)]
    assert found.done == 0
    for each in lesson.steps[1:]:
        StepProgress.objects.create(
            student=members[0].student, lesson=LESSON, step=each.name, done=now
        )
    assert report.lessons(taught.course, "ko")[0].done == 1
    page = taught.teacher.get(f"/teach/{taught.course.pk}/report/").content.decode()
    assert "docker rum" in page


def test_csv_cells_are_no_formulas(taught: Taught) -> None:
    Membership.objects.update(name="=HYPERLINK(1)")
    StepProgress.objects.create(
        student=taught.member.student, lesson=LESSON, step="x", last_line='@SUM(1),"x"'
    )
    answer = taught.teacher.get(f"/teach/{taught.course.pk}/report.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == report.HEAD
    assert rows[1][0] == "'=HYPERLINK(1)"
    assert rows[1][10] == '\'@SUM(1),"x"'


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1", "\n+1"])
def test_what_a_spreadsheet_would_run(cell: str) -> None:
    assert plain(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "docker run -d x", "김민아", "2031-03-04"])
def test_what_it_would_not(cell: str) -> None:
    assert plain(cell) == cell
