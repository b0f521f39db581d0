"""The page of limits, for administrators."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from playground.accounts import audit
from playground.accounts.roles import administrators_only
from playground.operators import overview
from playground.sandboxes import limits as site_limits
from playground.sandboxes import tasks


@never_cache
@administrators_only
def limits(request: HttpRequest) -> HttpResponse:
    """Every limit, what holds and since where; one is set by its ``name``, or goes ``back``."""
    wrong: tuple[str, str] = ("", "")
    if request.method == "POST":
        name = request.POST.get("name", "")
        if name not in site_limits.LIMITS:
            raise Http404
        try:
            _change(request, name)
            return redirect("operator-limits")
        except ValueError as error:
            wrong = name, str(error)
    overridden = site_limits.overridden()
    rows = [
        {
            "limit": each,
            "value": site_limits.shown(overridden.get(each.name, each.default)),
            "default": site_limits.shown(each.default),
            "here": each.name in overridden,
            "given": request.POST.get("value", "") if wrong[0] == each.name else None,
            "wrong": wrong[1] if wrong[0] == each.name else "",
        }
        for each in site_limits.LIMITS.values()
    ]
    words = {"rows": rows, "fixed": overview.fixed_settings()}
    return render(request, "operators/limits.html", words)


def _change(request: HttpRequest, name: str) -> None:
    before = site_limits.overridden().get(name)
    if "back" in request.POST:
        site_limits.go_back(name)
        audit.record(request, "limit.default", name, before=before)
        messages.success(request, _("The default holds again."))
    else:
        after = site_limits.change(name, request.POST.get("value", ""))
        audit.record(request, "limit.change", name, before=before, after=after)
        messages.success(request, _("That holds now."))
    tasks.renew_pool.delay()
