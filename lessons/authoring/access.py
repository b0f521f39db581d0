"""Who may see a draft: decorators for views. A draft that is not one's own is not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from typing_extensions import ParamSpec

from lessons.authoring.models import Draft
from playground.accounts.models import User
from playground.accounts.roles import instructors_only, user_of

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Draft, P], HttpResponseBase]


def _guard(may: Callable[[Draft, User], bool], view: View[P]) -> Callable[..., HttpResponseBase]:
    @instructors_only
    @wraps(view)
    def guarded(
        request: HttpRequest, /, pk: int, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        draft = Draft.objects.filter(pk=pk).first()
        if draft is None or not may(draft, user_of(request)):
            raise Http404
        return view(request, draft, *args, **kwargs)

    return guarded


def authors_only(view: View[P]) -> Callable[..., HttpResponseBase]:
    """Give the draft to a view of those who may change it."""
    return _guard(lambda draft, user: draft.is_written_by(user), view)


def readers_only(view: View[P]) -> Callable[..., HttpResponseBase]:
    """Give the draft to a view of those who may see it: authors, and who reviews."""
    return _guard(lambda draft, user: draft.is_seen_by(user), view)
