"""What is kept of somebody: collected, or removed."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db import transaction

from playground.accounts.models import AuditEntry, Role, User
from playground.accounts.sessions import end_sessions
from playground.accounts.signals import student_asks, student_leaves


def collect(student: str, user: User | None) -> dict[str, Any]:
    """All of it by section, as JSON can hold it."""
    found: dict[str, Any] = {"account": _account(user) if user else None}
    if student:
        parts: list[dict[str, Any]] = [part for _, part in student_asks.send(User, student=student)]  # type: ignore[misc]
        for part in parts:
            found |= part
    return found


def may_go(user: User) -> bool:
    """Whether somebody may leave: the only administrator may not, the site would be nobody's."""
    others = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk)
    return user.role != Role.ADMINISTRATOR or others.exists()


def remove(student: str, user: User | None) -> None:
    """Remove all of it, sandboxes included. The audit log keeps the name alone."""
    with transaction.atomic():
        if student:
            student_leaves.send(User, student=student)
        if user:
            end_sessions(user)
            user.delete()


def _account(user: User) -> dict[str, Any]:
    return {
        "username": user.username,
        "email": user.email,
        "name": user.get_full_name(),
        "role": user.role,
        "joined": user.date_joined,
        "last_login": user.last_login,
        "signed_in_by": [
            {"provider": each.provider, "uid": each.uid, "joined": each.date_joined}
            for each in SocialAccount.objects.filter(user=user)
        ],
        "sessions": [
            {"address": each.ip, "browser": each.user_agent, "since": each.created_at}
            for each in UserSession.objects.filter(user=user)
        ],
        "audit": list(
            AuditEntry.objects.filter(actor=user).values("at", "action", "target", "detail")
        ),
    }
