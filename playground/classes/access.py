"""Who may see a class: decorators for views of its instructors and of its members.

A class that is not one's own is answered as one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from typing_extensions import ParamSpec

from playground.accounts.models import User
from playground.accounts.roles import instructors_only, user_of
from playground.accounts.students import student_of
from playground.classes.models import Class, Membership

P = ParamSpec("P")


def find_taught(user: User, pk: int) -> Class | None:
    """The class, if somebody teaches it."""
    found = Class.objects.filter(pk=pk).first()
    return found if found and found.is_taught_by(user) else None


def find_membership(student: str, pk: int) -> Membership | None:
    """A student's membership in a class that is not over."""
    rows = Membership.objects.select_related("course").filter(
        course_id=pk, student=student, course__archived=None
    )
    found: Membership | None = rows.first() if student else None
    return found


def teachers_only(
    view: Callable[Concatenate[HttpRequest, Class, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Give the class to a view of its instructors; to others it is not there."""

    @instructors_only
    @wraps(view)
    def guarded(
        request: HttpRequest, /, pk: int, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        found = find_taught(user_of(request), pk)
        if found is None:
            raise Http404
        return view(request, found, *args, **kwargs)

    return guarded


def members_of_class_only(
    view: Callable[Concatenate[HttpRequest, Membership, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Give a student's membership to a view; to others the class is not there."""

    @wraps(view)
    def guarded(
        request: HttpRequest, /, pk: int, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        found = find_membership(student_of(request.session), pk)
        if found is None:
            raise Http404
        return view(request, found, *args, **kwargs)

    return guarded
