"""Picking lessons for a course."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from playground.accounts.models import User
from playground.lti.models import Platform
from tests.lti.conftest import begin, finish
from tests.lti.learning_platform import DL, LTI, LearningPlatform

FRAMED: dict[str, Any] = {"HTTP_SEC_FETCH_DEST": "iframe"}


def ask(client: Client, university: LearningPlatform, **settings: Any) -> HttpResponse:
    """What the platform's frame shows."""
    words = university.login_words("/lti/pick/", "pick")
    assert client.get("/lti/login/", words, **FRAMED).status_code == 302
    asked = begin(client, university, "pick")
    token = university.sign(university.deep_link(asked["nonce"], **settings))
    return finish(client, token, asked["state"], **FRAMED)


def value(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, text
    return unescape(found[1])


def test_a_lesson_is_picked_in_the_platforms_frame(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    response = ask(client, university)
    assert response.status_code == 200
    assert f"frame-ancestors {university.issuer};" in response["Content-Security-Policy"] + ";"
    assert "X-Frame-Options" not in response
    assert not User.objects.exists() and "sessionid" not in client.cookies
    text = response.content.decode()
    assert 'type="radio"' in text
    form = {"wish": value(text, "wish"), "lesson": ["first-container", "images"]}
    # In a frame browsers may keep all cookies back.
    picked = Client(enforce_csrf_checks=True).post("/lti/pick/", form)
    said = picked.content.decode()
    assert f'action="{university.issuer}/return"' in said
    assert f"form-action {university.issuer}" in picked["Content-Security-Policy"]
    answer = university.read_answer(value(said, "JWT"))
    assert answer[DL + "data"] == "kept by the tool"
    assert answer[LTI + "deployment_id"] == "7"
    assert answer[LTI + "message_type"] == "LtiDeepLinkingResponse"
    (item,) = answer[DL + "content_items"]
    assert item["url"] == "http://testserver/lessons/first-container/"
    assert item["custom"] == {"lesson": "first-container"}
    assert item["lineItem"]["scoreMaximum"] == 100
    assert item["window"] == {"targetName": "_blank"}
    assert item["title"]


def test_several_where_the_platform_takes_them(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    text = ask(client, university, accept_multiple=True, accept_lineitem=False).content.decode()
    assert 'type="checkbox"' in text
    form = {"wish": value(text, "wish"), "lesson": ["first-container", "images", "none"]}
    said = client.post("/lti/pick/", form).content.decode()
    items = university.read_answer(value(said, "JWT"))[DL + "content_items"]
    assert [item["custom"]["lesson"] for item in items] == ["first-container", "images"]
    assert all("lineItem" not in item for item in items)


def test_nothing_picked_asks_again(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    wish = value(ask(client, university, accept_multiple=True).content.decode(), "wish")
    for form in ({"wish": wish}, {"wish": wish, "lesson": "no-such-lesson"}):
        response = client.post("/lti/pick/", form)
        assert response.status_code == 422 and 'role="alert"' in response.content.decode()


def test_wishes_that_nobody_here_sealed(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    wish = value(ask(client, university).content.decode(), "wish")
    for forged in ("", "x", wish[:-1] + "!", wish.replace(":", "", 1)):
        form = {"wish": forged, "lesson": "images"}
        assert client.post("/lti/pick/", form).status_code == 403
    Platform.objects.update(is_active=False)
    assert client.post("/lti/pick/", {"wish": wish, "lesson": "images"}).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"deep_link_return_url": None},
        {"deep_link_return_url": "javascript:alert(1)"},
        {"deep_link_return_url": "http://platform.example/return"},
        {"deep_link_return_url": 'https://x.example/";frame-ancestors *'},
        {"deep_link_return_url": "https://x.example;frame-ancestors/"},
        {"data": {"a": 1}},
        {"data": "x" * 10_000},
        {"accept_types": ["file"]},
        {"accept_presentation_document_targets": []},
    ],
)
def test_requests_that_are_wrong(
    client: Client, university: LearningPlatform, platform: Platform, wrong: dict[str, Any]
) -> None:
    assert ask(client, university, **wrong).status_code == 403


def test_settings_that_are_none(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    asked = begin(client, university, "pick")
    claims = university.deep_link(asked["nonce"]) | {DL + "deep_linking_settings": "x"}
    assert finish(client, university.sign(claims), asked["state"]).status_code == 403
