"""The page of a failure: it shows the id by which its log lines are found."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import loader

from playground.telemetry import ids


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the site has failed; touches no database and no session."""
    page = loader.get_template("500.html").render({"request_id": ids.current()})
    return HttpResponse(page, status=500)
