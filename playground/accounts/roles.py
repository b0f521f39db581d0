"""Who may see a page: decorators for views, which answer 403 to others."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from typing_extensions import ParamSpec

from playground.accounts.models import User

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)


def _only(
    allowed: Callable[[User], bool],
) -> Callable[
    [Callable[Concatenate[HttpRequest, P], R]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    def decorate(
        view: Callable[Concatenate[HttpRequest, P], R],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
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


def user_of(request: HttpRequest) -> User:
    """The account behind a request that one of the decorators let through."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
