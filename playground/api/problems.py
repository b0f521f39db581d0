"""Errors as problem documents (RFC 9457), each with what to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from pydantic import Field

MEDIA_TYPE = "application/problem+json"
_MOST_MISTAKES = 20


class Mistake(Schema):
    """Something in a request that is not as it should be."""

    where: str
    message: str


class ProblemDocument(Schema):
    """What went wrong and what to do (RFC 9457)."""

    type: str = Field(description="A word for the kind of problem, below /api/#.")
    title: str
    status: int
    detail: str = Field(description="What happened, and what to do.")
    mistakes: list[Mistake] = Field(
        default_factory=list, description="What is wrong in the request, place by place."
    )


class Problem(Exception):
    """An answer other than the one that was hoped for."""

    def __init__(self, status: int, kind: str, title: str, detail: str, **headers: str) -> None:
        super().__init__(title)
        self.status, self.kind, self.title, self.detail = status, kind, title, detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.mistakes: list[dict[str, str]] = []

    def response(self) -> HttpResponse:
        """As what is sent."""
        document: dict[str, Any] = {
            "type": f"/api/#{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "mistakes": self.mistakes,
        }
        text = json.dumps(document, ensure_ascii=False)
        return HttpResponse(
            text.encode(errors="replace"),
            status=self.status,
            content_type=MEDIA_TYPE,
            headers=self.headers,
        )


def no_token() -> Problem:
    """Nobody is known to ask."""
    return Problem(
        401,
        "unauthorized",
        "Who asks?",
        "Send `Authorization: Bearer` with a token from /account/tokens/, or sign in.",
        WWW_Authenticate='Bearer realm="Docker Playground"',
    )


def bad_token(why: str) -> Problem:
    """A token that is of no use (any more)."""
    return Problem(
        401,
        "token",
        f"This token {why}",
        "Make a new one at /account/tokens/.",
        WWW_Authenticate='Bearer realm="Docker Playground", error="invalid_token"',
    )


def bad_scope(scope: str) -> Problem:
    """A token that is for something else."""
    return Problem(
        403,
        "scope",
        f"This token has no scope {scope}",
        f"Make one with the scope {scope} at /account/tokens/.",
        WWW_Authenticate=f'Bearer error="insufficient_scope", scope="{scope}"',
    )


def missing(what: str, hint: str) -> Problem:
    """There is no such thing, or it is somebody else's, which is not told apart."""
    return Problem(404, "missing", f"There is no such {what}", hint)


@csrf_exempt
def not_found(request: HttpRequest) -> HttpResponse:
    """The answer at an address that the API has not."""
    hint = "The addresses are listed at /api/ and in /api/v1/openapi.json."
    return missing("address", hint).response()


class ProblemsMiddleware:
    """Say "not this method" as a problem document; ninja has a word of plain text for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code != 405 or not request.path.startswith("/api/v1/"):
            return answer
        allowed = answer["Allow"]
        found = Problem(
            405, "method", "Not this method", f"This address takes {allowed}.", Allow=allowed
        )
        return found.response()


def install(api: NinjaAPI) -> None:
    """Have all errors of the API answered this way."""

    @api.exception_handler(Problem)
    def _problem(request: HttpRequest, error: Problem) -> HttpResponse:
        return error.response()

    @api.exception_handler(AuthenticationError)
    def _nobody(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return no_token().response()

    @api.exception_handler(Throttled)
    def _throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
        wait = str(max(1, error.wait or 60))
        found = Problem(
            429, "rate", "Too many requests", f"Wait {wait} s and ask less often.", Retry_After=wait
        )
        return found.response()

    @api.exception_handler(ValidationError)
    def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        found = Problem(422, "invalid", "The request is not as it should be", "See `mistakes`.")
        found.mistakes = [
            {"where": ".".join(map(str, each["loc"]))[:200], "message": str(each["msg"])[:300]}
            for each in error.errors[:_MOST_MISTAKES]
        ]
        return found.response()

    @api.exception_handler(HttpError)
    def _other(request: HttpRequest, error: HttpError) -> HttpResponse:
        if error.status_code == 403:
            found = Problem(
                403,
                "csrf",
                "The form's token is missing",
                "Requests by session that change something need the header X-CSRFToken.",
            )
        else:
            detail = "Send one JSON object, as the schema says."
            found = Problem(error.status_code, "body", str(error)[:200], detail)
        return found.response()
