"""Our addresses, as a platform has to be told them, and lessons found by theirs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse

from lessons import library
from lessons.library import Lesson
from playground.lti import claims
from playground.lti.messages import custom, is_secure


def absolute(request: HttpRequest, name: str, *arguments: str) -> str:
    """The address of a view as browsers see it, also behind a proxy that speaks TLS."""
    url = request.build_absolute_uri(reverse(name, args=arguments))
    return "https" + url[4:] if is_secure(request) and url.startswith("http:") else url


def lesson_of(message: dict[str, Any]) -> Lesson | None:
    """The lesson of a launch: by its custom parameter ``lesson``, else by its target's address."""
    if slug := custom(message, "lesson"):
        return library.lesson(slug)
    try:
        match = resolve(urlsplit(str(message.get(claims.TARGET) or "")).path)
    except (Resolver404, ValueError):
        return None
    return library.lesson(str(match.kwargs["slug"])) if match.url_name == "lesson" else None
