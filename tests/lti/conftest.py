"""A real platform beside; cache and channel layer are the process's own, for no Redis runs here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client

from playground.accounts.models import Role, User
from playground.lti import keys, tasks
from playground.lti.forms import PlatformForm
from playground.lti.models import Identity, Platform, ToolKey
from tests.lti.learning_platform import LearningPlatform
from tests.this_process import of_this_process  # noqa: F401 - fixtures


@pytest.fixture(scope="session")
def _pair() -> tuple[str, str]:
    return keys.generate()


@pytest.fixture(scope="session")
def _server() -> Iterator[LearningPlatform]:
    server = LearningPlatform()
    yield server
    server.stop()


@pytest.fixture
def university(_server: LearningPlatform, _pair: tuple[str, str], db: None) -> LearningPlatform:
    """A platform that knows this tool; nothing is in its books."""
    for book in (
        _server.scores,
        _server.columns,
        _server.picked,
        _server.refusals,
        _server.registered,
    ):
        book.clear()
    _server.requests.clear()
    _server.tokens.clear()
    # Making one takes longer than most tests.
    ToolKey.objects.create(pk=1, private=_pair[0], public=_pair[1])
    _server.tool = "http://testserver"
    # Asked for here: the server's threads must not wait for this test's transaction.
    published = json.loads(Client().get("/lti/keys.json").content)
    _server.tool_keys = lambda: published
    return _server


@pytest.fixture
def platform(university: LearningPlatform) -> Platform:
    """The same, as the tool knows it."""
    form = PlatformForm(university.registration)
    assert form.is_valid(), form.errors
    return form.save()


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The platforms that a worker was asked to send grades to; there is no broker here."""
    found: list[int] = []
    monkeypatch.setattr(tasks.send_grades, "delay", found.append)
    return found


def begin(client: Client, university: LearningPlatform, hint: str = "1", **extra: Any) -> Any:
    """The first half of a launch; what the tool asks of the platform."""
    words = university.login_words("/lessons/", hint)
    response = client.post("/lti/login/", words, **extra)
    assert response.status_code == 302, response.content
    assert response["Location"].startswith(f"{university.issuer}/auth?")
    return {k: v[0] for k, v in parse_qs(urlsplit(response["Location"]).query).items()}


def launch(
    client: Client, university: LearningPlatform, subject: str = "student-1", **claims: Any
) -> HttpResponse:
    """A whole launch."""
    asked = begin(client, university, subject)
    token = university.sign(university.message(asked["nonce"], subject, **claims))
    return finish(client, token, asked["state"])


def finish(client: Client, token: str, state: str, **extra: Any) -> HttpResponse:
    return client.post("/lti/launch/", {"id_token": token, "state": state}, **extra)  # type: ignore[return-value]


def make_administrator() -> Client:
    client = Client()
    client.force_login(User.objects.create(username="boss", role=Role.ADMINISTRATOR))
    return client


def refused(client: Client, response: Any, why: str) -> None:
    assert response.status_code == 403
    assert why in response.content.decode()
    assert "_auth_user_id" not in client.session
    assert not Identity.objects.exists()
