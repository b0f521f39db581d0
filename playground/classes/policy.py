"""What the sandboxes of a class may use, and how many are made ahead of its start."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from playground.classes.models import Class
from playground.runtime.config import RuntimeConfig
from playground.sandboxes import kinds, limits
from playground.sandboxes.models import NodeRecord, PoolWish

#: Making one takes a third of a second, and other claims go first: this is early enough for 200.
_BEFORE, _AFTER = timedelta(minutes=10), timedelta(minutes=20)
#: Of the least that a Docker Engine with one container runs in.
LEAST_MEMORY_MB, LEAST_CPUS, LEAST_DISK_MB, LEAST_MINUTES = 256, 0.1, 512, 10


def most() -> dict[str, float]:
    """The operator's bounds for a class's limits, by their names."""
    own = limits.for_sandbox()
    return {
        "memory_mb": settings.CLASS_MEMORY_MB or own.memory_mb,
        "cpus": settings.CLASS_CPUS or own.cpus,
        "disk_mb": settings.CLASS_DISK_MB or own.disk_mb,
        "life_minutes": settings.CLASS_LIFE_MINUTES or limits.value("SANDBOX_LIFE_MINUTES"),
    }


def kind_of(course: Class) -> kinds.Kind:
    """The kind of its members' sandboxes, within the operator's bounds also if those changed."""
    bounds = most()
    own = limits.for_sandbox()
    # Where nodes have variables of their own, what is the usual here may be unusual there.
    one_machine = not NodeRecord.objects.exists()
    given: dict[str, Any] = {}
    for name, bound in bounds.items():
        value = getattr(course, name)
        if value is None:
            continue
        value = min(value, bound)
        if not (one_machine and value == getattr(own, name, None)):
            given[name] = value
    if course.policy and not (one_machine and course.policy == RuntimeConfig.from_environ().policy):
        given["policy"] = course.policy
    return kinds.Kind(**given)


def choose(student: str) -> kinds.Kind | None:
    """The kind of a student's next sandbox: that of the class that they joined last."""
    rows = Class.objects.filter(members__student=student, archived=None)
    for course in rows.order_by("-members__joined"):
        kind = kind_of(course)
        if kind != kinds.Kind():
            return kind
    return None


def prewarm(course: Class) -> None:
    """Ask for its sandboxes to be ready at its start, or take the wish back."""
    name = f"class {course.pk}"
    if course.archived or not course.prewarm or not course.starts:
        PoolWish.objects.filter(name=name).delete()
        return
    if course.starts + _AFTER < timezone.now():
        return
    kind = kind_of(course)
    PoolWish.objects.update_or_create(
        name=name,
        defaults={
            "count": course.prewarm,
            "kind": kind.key,
            "limits": kind.limits,
            "since": course.starts - _BEFORE,
            "until": course.starts + _AFTER,
        },
    )


kinds.CHOOSERS.append(choose)
