"""A host that has not got what a lesson's earlier steps make: it is new, or they were skipped.

Their commands can be done for the student, in a terminal of their own on the host.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from django.core.cache import cache

from lessons import scenes
from lessons.library import Lesson, Step
from lessons.models import StepProgress
from playground.hub.acting import MOST, Action
from playground.sandboxes.models import Sandbox

#: Seconds for which it is remembered that a host was rebuilt; longer than any host lives.
_REMEMBER = 7 * 24 * 3600


def actions(lesson: Lesson, step: Step) -> list[Action]:
    """All that the steps before one do on a host."""
    return scenes.before(lesson, step)


def is_lacking(student: str, lesson: Lesson, step: Step, sandbox: Sandbox) -> bool:
    """Whether steps before one do something that was not done since the host is there."""
    earlier = lesson.steps[_rebuilt(sandbox, lesson) : _place(lesson, step)]
    needed = {each.name for each in earlier if scenes.acts(each)}
    rows = StepProgress.objects.filter(
        student=student, lesson=lesson.slug, done__gte=sandbox.claimed or sandbox.created
    )
    if len(json.dumps([asdict(each) for each in actions(lesson, step)])) > MOST:
        return False
    return bool(needed and needed - set(rows.values_list("step", flat=True)))


def note(sandbox: Sandbox, lesson: Lesson, step: Step) -> None:
    """Remember that all before a step was done on a host."""
    place = max(_place(lesson, step), _rebuilt(sandbox, lesson))
    cache.set(_key(sandbox, lesson), place, _REMEMBER)


def _place(lesson: Lesson, step: Step) -> int:
    return lesson.steps.index(step)


def _rebuilt(sandbox: Sandbox, lesson: Lesson) -> int:
    """Before which step all was done, by its place; 0 if none was."""
    return int(cache.get(_key(sandbox, lesson), 0))


def _key(sandbox: Sandbox, lesson: Lesson) -> str:
    return f"rebuilt-{sandbox.id}-{lesson.slug}"
