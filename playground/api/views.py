"""The page of one's tokens, and the page about the API."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.accounts.roles import members_only, user_of
from playground.api import tokens
from playground.api.main import api
from playground.api.models import Token
from playground.api.scopes import SCOPES

_SHOWN = 50


def _lives() -> list[tuple[int, str]]:
    return [(days, ngettext("%d day", "%d days", days) % days) for days in tokens.LIVES]


class TokenForm(forms.Form):
    """What a new token is for."""

    name = forms.CharField(max_length=80, label=gettext_lazy("What it is for"))
    scopes = forms.MultipleChoiceField(
        choices=list(SCOPES.items()),
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("It may"),
    )
    days = forms.TypedChoiceField(
        choices=_lives,
        coerce=int,
        initial=30,
        label=gettext_lazy("Good for"),
    )


@never_cache
@require_http_methods(["GET", "POST"])
@members_only
def token_list(request: HttpRequest) -> HttpResponse:
    """One's tokens, and a form for a new one, whose text is on the answer and nowhere else."""
    user = user_of(request)
    form = TokenForm(request.POST or None)
    words: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data
            _row, words["text"] = tokens.make(user, given["name"], given["scopes"], given["days"])
            form = TokenForm()
        except tokens.TooMany:
            form.add_error(None, _("You have as many tokens as you may. End one first."))
    rows = Token.objects.filter(user=user, ended=None)[:_SHOWN]
    return render(request, "api/tokens.html", {"form": form, "tokens": rows, **words})


@require_POST
@members_only
def token_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token of one's own at once."""
    found = get_object_or_404(Token, pk=pk, user=user_of(request))
    if tokens.end(user_of(request), found.pk):
        messages.success(request, _("The token was ended."))
    return redirect("api-tokens")


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What the API has, from its own schema."""
    schema = api.get_openapi_schema()
    operations = [
        {"method": method.upper(), "path": path, **operation}
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    return render(request, "api/about.html", {"operations": operations, "scopes": SCOPES})
