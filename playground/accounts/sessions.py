"""Ending sessions, and keeping one only as long as its account lets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from playground.accounts.models import User


class CheckedSessionMiddleware:
    """Look at the account of every session that has one.

    Most pages ask the session alone for its student. Django empties a session whose account was
    switched off or has another password, but only when somebody asks for the account.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session and not request.user.is_authenticated:
            request.session.flush()
        return self.get_response(request)


def end_sessions(user: User, *, but: str | None = None) -> int:
    """Sign an account out everywhere, one session excepted by its key; how many were ended."""
    ended = 0
    for session in UserSession.objects.filter(user=user).exclude(session_key=but or ""):
        session.end()
        ended += 1
    return ended


@receiver(post_save, sender=User)
def _switched_off(instance: User, **_: Any) -> None:
    if not instance.is_active:
        end_sessions(instance)


@receiver([password_changed, password_reset, password_set])
def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    end_sessions(user, but=request.session.session_key)
