"""After class: what was done, and where and with which commands people failed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from lessons import library
from lessons.library import Lesson
from lessons.models import StepProgress
from playground.classes.models import Class, Failure

#: Commands shown of one step.
_MOST_COMMANDS = 8


@dataclass
class StepReport:
    """One step over the whole class. Times in whole seconds."""

    name: str
    title: str
    begun: int = 0
    done: int = 0
    members: int = 0
    median_seconds: int | None = None
    attempts: int = 0
    hints: int = 0
    solutions: int = 0
    #: How many members had a failure there.
    failed_members: int = 0
    wrong_answers: int = 0
    #: Lines that failed, with the number of members and of times, the most members first.
    commands: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def median_time(self) -> str:
        """Minutes and seconds, as ``4:05``; empty where nobody did it."""
        if self.median_seconds is None:
            return ""
        return f"{self.median_seconds // 60}:{self.median_seconds % 60:02}"

    @property
    def percent(self) -> int:
        """Members who did it, in whole percent."""
        return 100 * self.done // max(1, self.members)


@dataclass
class LessonReport:
    """One lesson over the whole class."""

    slug: str
    title: str
    steps: list[StepReport]
    #: Members who did all of it.
    done: int


def lessons(course: Class, language: str) -> list[LessonReport]:
    """A report of each lesson of a class."""
    members = list(course.members.all())
    slugs = list(course.assignments.values_list("lesson", flat=True))
    progress: dict[tuple[str, str], list[StepProgress]] = defaultdict(list)
    rows = StepProgress.objects.filter(
        student__in=[each.student for each in members], lesson__in=slugs
    )
    for row in rows:
        progress[row.lesson, row.step].append(row)
    failures: dict[tuple[str, str], list[Failure]] = defaultdict(list)
    for failure in Failure.objects.filter(member__course=course):
        failures[failure.lesson, failure.step].append(failure)
    found = []
    for slug in slugs:
        if (lesson := library.lesson(slug)) is None:
            continue
        steps = [
            _step(step.name, step.read(language).title, len(members), progress[slug, step.name],
                  failures[slug, step.name])
            for step in lesson.steps
        ]  # fmt: skip
        done = _members_done(lesson, progress)
        found.append(LessonReport(slug, lesson.titles[language], steps, done))
    return found


def _members_done(lesson: Lesson, progress: dict[tuple[str, str], list[StepProgress]]) -> int:
    each = [
        {row.student for row in progress[lesson.slug, step.name] if row.done}
        for step in lesson.steps
    ]
    return len(set.intersection(*each)) if each else 0


def _step(
    name: str, title: str, members: int, rows: list[StepProgress], failures: list[Failure]
) -> StepReport:
    took = [(row.done - row.started).total_seconds() for row in rows if row.done]
    times = Counter(each.line for each in failures if each.line)
    who: dict[str, set[int]] = defaultdict(set)
    for each in failures:
        who[each.line].add(each.member_id)
    commands = [(line, len(who[line]), n) for line, n in times.items()]
    commands.sort(key=lambda each: (-each[1], -each[2], each[0]))
    return StepReport(
        name=name,
        title=title,
        begun=len(rows),
        done=len(took),
        members=members,
        median_seconds=int(median(took)) if took else None,
        attempts=sum(row.attempts for row in rows),
        hints=sum(row.hints for row in rows),
        solutions=sum(row.solutions for row in rows),
        failed_members=len({each.member_id for each in failures}),
        wrong_answers=sum(1 for each in failures if not each.line),
        commands=commands[:_MOST_COMMANDS],
    )


HEAD = [
    "member", "lesson", "step", "started", "done", "seconds", "attempts", "failed", "hints",
    "solutions", "last_command", "failed_commands",
]  # fmt: skip


def table(course: Class) -> Iterator[list[str]]:
    """A row for each member and step that they began, below :data:`HEAD`."""
    slugs = list(course.assignments.values_list("lesson", flat=True))
    members = {each.student: each for each in course.members.all()}
    failed: dict[tuple[int, str, str], list[str]] = defaultdict(list)
    for each in Failure.objects.filter(member__course=course).order_by("id"):
        failed[each.member_id, each.lesson, each.step].append(each.line)
    yield HEAD
    rows = StepProgress.objects.filter(student__in=list(members), lesson__in=slugs)
    for row in rows.order_by("student", "lesson", "step"):
        member = members[row.student]
        lines = failed[member.pk, row.lesson, row.step]
        seconds = int((row.done - row.started).total_seconds()) if row.done else ""
        yield [
            member.name, row.lesson, row.step, row.started.isoformat(timespec="seconds"),
            row.done.isoformat(timespec="seconds") if row.done else "", str(seconds),
            str(row.attempts), str(len(lines)), str(row.hints), str(row.solutions),
            row.last_line, " ⏎ ".join(dict.fromkeys(line for line in lines if line)),
        ]  # fmt: skip
