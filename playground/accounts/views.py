"""One's account, and what the site keeps of one: to take along, to have removed."""

from __future__ import annotations

import json

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.accounts import first, personal_data
from playground.accounts.models import User
from playground.accounts.roles import members_only
from playground.accounts.students import student_of


@never_cache
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """One's own page, also without an account."""
    words = {
        "signup_open": settings.SIGNUP_OPEN,
        "has_providers": bool(settings.SOCIALACCOUNT_PROVIDERS),
    }
    return render(request, "accounts/me.html", words)


@never_cache
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """All that is kept of whoever asks, as JSON."""
    data = personal_data.collect(student_of(request.session), _user(request))
    text = json.dumps(data, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    name = f"docker-playground-{timezone.now():%Y-%m-%d}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest) -> HttpResponseBase:
    """Ask, then remove all that is kept; of an account only after its password was given anew."""
    if _user(request):
        answer: HttpResponseBase = _delete_account(request)
        return answer
    return _delete(request)


@reauthentication_required  # type: ignore[untyped-decorator]
def _delete_account(request: HttpRequest) -> HttpResponse:
    return _delete(request)


def _delete(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    if request.method != "POST":
        last = bool(user and user.is_administrator and not personal_data.may_go(user))
        return render(request, "accounts/delete.html", {"last_administrator": last})
    if user and not personal_data.may_go(user):
        raise PermissionDenied
    personal_data.remove(student_of(request.session), user)
    logout(request)
    messages.success(request, _("All that was kept of you here has been removed."))
    return redirect("lesson-list")


@never_cache
@members_only
def first_administrator(request: HttpRequest, word: str) -> HttpResponse:
    """Become the first administrator."""
    user = _user(request)
    if user is None or not first.is_right(word) or not first.is_wanted():
        raise Http404
    if request.method == "POST" and first.make(user):
        messages.success(request, _("You are the administrator of this site now."))
        return redirect("account")
    return render(request, "accounts/first.html")


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
