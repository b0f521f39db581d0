"""The page of a failure."""

from __future__ import annotations

from django.test import RequestFactory

from playground.observing.errors import server_error
from playground.telemetry import ids


def test_it_shows_the_id_by_which_its_log_lines_are_found() -> None:
    request = RequestFactory().get("/")
    with ids.bound(ids.new()) as known:
        page = server_error(request)
    assert page.status_code == 500
    assert page.content.decode().count(known) == 2  # in English and in Korean
    assert "<code>" not in server_error(request).content.decode()
