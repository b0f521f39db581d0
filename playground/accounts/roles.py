"""Who may see a page: decorators for views, which answer 403 to others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from playground.accounts.models import User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class SignedInRequest(HttpRequest):
    """A request behind one of the decorators."""

    user: User


def _only(allowed: Callable[[User], bool]) -> Callable[[View[P]], View[P]]:
    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            user = request.user
            if not isinstance(user, User):
                return redirect_to_login(request.get_full_path())
            if not allowed(user):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


#: Anybody with an account; others are asked to sign in.
members_only = _only(lambda user: True)
#: Instructors and administrators.
instructors_only = _only(lambda user: user.is_instructor)
#: Administrators.
administrators_only = _only(lambda user: user.is_administrator)


async def instructor_in(scope_user: Awaitable[object] | object) -> User | None:
    """The instructor of a websocket's scope, ``None`` if it is nobody or somebody else."""
    user = scope_user
    return user if isinstance(user, User) and user.is_instructor else None
