"""What becomes of sandboxes when their student signs in, asks what is kept, or leaves."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.http import HttpRequest

from playground.accounts.signals import student_asks, student_leaves, student_moves
from playground.sandboxes import tasks
from playground.sandboxes.claims import OWNED, give_up
from playground.sandboxes.models import Sandbox

#: Where a session remembers that a host from before signing in waits to be chosen or let go.
_BEFORE = "host_before"


def living(student: str) -> Sandbox | None:
    """The student's sandbox, or their wish for one."""
    found: Sandbox | None = Sandbox.objects.filter(owner=student, state__in=OWNED).first()
    return found if student else None


def host_before(session: Any, student: str) -> Sandbox | None:
    """The host that somebody had before they signed in to an account that has one too."""
    before = living(str(session.get(_BEFORE, "")))
    return before if before and living(student) else None


def has_host_before(request: HttpRequest) -> bool:
    """Whether the page is to ask."""
    session = getattr(request, "session", None)
    return session is not None and _BEFORE in session


def choose(session: Any, student: str, *, before: bool) -> None:
    """Keep one of the two hosts, and remove the other one."""
    old = str(session.pop(_BEFORE, ""))
    if not old or not student:
        return
    _remove_all(student if before else old)
    if before:
        _move(old, student)


def _move(old: str, new: str) -> None:
    Sandbox.objects.filter(owner=old, state__in=OWNED).update(owner=new)


def _remove_all(student: str) -> None:
    for sandbox in Sandbox.objects.filter(owner=student, state__in=OWNED) if student else []:
        if give_up(sandbox.id, "given up by its student"):
            tasks.remove.delay(sandbox.id)


@receiver(student_moves)
def _moves(old: str, new: str, session: Any, **_: Any) -> None:
    if living(old) and living(new):
        session[_BEFORE] = old  # which one to keep is for the student to say
    else:
        _move(old, new)


@receiver(student_asks)
def _asks(student: str, **_: Any) -> dict[str, Any]:
    fields = ("id", "state", "address", "created", "claimed", "last_seen")
    return {"sandboxes": list(Sandbox.objects.filter(owner=student).values(*fields))}


@receiver(student_leaves)
def _leaves(student: str, **_: Any) -> None:
    _remove_all(student)
    Sandbox.objects.filter(owner=student).update(owner="", address="")
