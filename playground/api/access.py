"""Who asks: by a token with the scope that is needed, or by the session of a browser."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer
from ninja.throttling import SimpleRateThrottle

from playground.accounts.models import User
from playground.accounts.students import student_of
from playground.api import problems, tokens


class Caller:
    """Whoever asks; ``key`` is what their requests are counted by.

    ``user`` is the account that they have shown to be theirs. A student's name alone, which may
    have been carried to another machine by a link, is no account's.
    """

    def __init__(self, student: str, key: str, user: User | None) -> None:
        self.student, self.key, self.user = student, key, user


class BearerToken(HttpBearer):
    """A token of an account, in the header ``Authorization``."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """Whose token it is; raises ``Problem``."""
        found = tokens.find(token.strip())
        if found is None or not found.user.is_active:
            raise problems.bad_token("is not known")
        if found.ended:
            raise problems.bad_token("was ended")
        if not found.is_good:
            raise problems.bad_token("has expired")
        if self.scope not in found.scopes:
            raise problems.bad_scope(self.scope)
        tokens.used(found)
        return Caller(found.user.student, f"token-{found.pk}", found.user)


class Session(APIKeyCookie):
    """A browser's session; what changes something needs the header ``X-CSRFToken`` as well."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        """Whose session it is, if anybody's."""
        student = student_of(request.session)
        user = request.user if isinstance(request.user, User) else None
        return Caller(student, f"student-{student}", user) if student else None

    def __call__(self, request: HttpRequest) -> Any | None:
        # Without a session there is nothing that a forged request could use.
        if not student_of(request.session):
            return None
        return super().__call__(request)


def who_has(scope: str) -> list[Any]:
    """Whom an operation is for; to be given to it as ``auth``."""
    return [BearerToken(scope), Session()]


def caller(request: HttpRequest) -> Caller:
    """Who asks, once they have been let in."""
    return cast("Caller", request.auth)  # type: ignore[attr-defined]


class Rate(SimpleRateThrottle):
    """So many requests a minute by each token, or by each student in a browser."""

    cache = cache

    def __init__(self, name: str, setting: str) -> None:
        self._name, self._setting = name, setting
        super().__init__("1/m")

    def allow_request(self, request: HttpRequest) -> bool:
        self.num_requests = getattr(settings, self._setting)
        return super().allow_request(request)

    def get_cache_key(self, request: HttpRequest) -> str | None:
        found = getattr(request, "auth", None)
        if not self.num_requests or not isinstance(found, Caller):
            return None
        return f"api-{self._name}-{found.key}"
