"""Notes which view answers, for the metrics: its name, as an address is its visitor's choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from playground.observing.application import VIEW


class NameViewMiddleware:
    """Write the view's name where :mod:`playground.observing.application` looks for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        noted = getattr(request, "scope", {}).get(VIEW)
        if noted is not None and request.resolver_match:
            noted["view"] = request.resolver_match.view_name or "unnamed"
