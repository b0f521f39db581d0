"""What an instructor says to a class, and what is done about calls for help."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from playground.accounts.models import User
from playground.classes.models import Class, HelpRequest, Membership, Message
from playground.classes.telling import tell_live, tell_member, tell_members

MOST_TEXT = 2000
#: A command is one that fits a terminal's line.
MOST_COMMAND = 500


def say(
    course: Class, sender: User, kind: str, text: str, member: Membership | None = None
) -> Message:
    """Tell all members, or one."""
    message: Message = Message.objects.create(
        course=course, sender=sender, kind=kind, text=text, member=member
    )
    document: dict[str, Any] = {"message": message.document()}
    if member:
        tell_member(member, document)
    else:
        tell_members(course, document)
    return message


def clean_command(text: str) -> str:
    """One line that a terminal shows as it is; raises ``ValueError`` for anything else.

    A line end would run it, and a control character could hide what it does.
    """
    line = text.strip()
    if not line or len(line) > MOST_COMMAND or not line.isprintable():
        raise ValueError("not one line of printable characters")
    return line


def messages_for(member: Membership) -> QuerySet[Message]:
    """What a member was told since they joined, the newest first."""
    theirs = Q(member=member) | Q(member=None, at__gte=member.joined)
    rows = Message.objects.filter(theirs, course=member.course)
    found: QuerySet[Message] = rows.select_related("sender", "course")
    return found


def ask_for_help(member: Membership) -> None:
    """Ask; asked twice it is one request."""
    try:
        with transaction.atomic():
            HelpRequest.objects.create(member=member, lesson=member.lesson, step=member.step)
    except IntegrityError:
        return
    tell_member(member, {"help": True, "course": member.course_id})
    tell_live(member.course)


def end_help(member: Membership, by: User | None = None) -> bool:
    """Note that help was given, or is wanted no more; whether it was asked for."""
    open_ones = HelpRequest.objects.filter(member=member, ended=None)
    ended = bool(open_ones.update(ended=timezone.now(), answered_by=by))
    tell_member(member, {"help": False, "course": member.course_id})
    tell_live(member.course)
    return ended
