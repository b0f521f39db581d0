"""The page of one's tokens, and the page about the API."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from playground.accounts.models import User
from playground.api import tokens
from playground.api.models import Token
from playground.api.scopes import LESSONS_READ

pytestmark = pytest.mark.django_db
PAGE = "/account/tokens/"
FORM = {"name": "<b>mine</b>", "scopes": [LESSONS_READ], "days": "30"}


@pytest.fixture
def signed_in(mina: User) -> Client:
    client = Client()
    client.force_login(mina, "allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_token_is_shown_once_works_and_is_ended(signed_in: Client) -> None:
    made = signed_in.post(PAGE, FORM).content.decode()
    found = re.search(r'value="(dpg_[^"]+)"', made)
    assert found, made
    text = found[1]
    row = Token.objects.get()
    assert text not in str(vars(row)), "it is kept as a hash alone"
    assert timedelta(days=29) < row.expires - timezone.now() <= timedelta(days=30)
    again = signed_in.get(PAGE).content.decode()
    assert text not in again and row.start in again and "<b>mine" not in again
    by_token = Client(headers={"authorization": f"Bearer {text}"})
    assert by_token.get("/api/v1/lessons").status_code == 200
    signed_in.post(f"{PAGE}{row.pk}/end/")
    assert by_token.get("/api/v1/lessons").status_code == 401
    assert row.start not in signed_in.get(PAGE).content.decode()


@pytest.mark.parametrize(
    "change", [{"scopes": []}, {"scopes": ["all"]}, {"days": "99999"}, {"name": ""}]
)
def test_what_makes_no_token(signed_in: Client, change: dict[str, object]) -> None:
    assert "errorlist" in signed_in.post(PAGE, FORM | change).content.decode()
    assert not Token.objects.exists()


def test_nobody_ends_a_token_of_somebody_else(signed_in: Client) -> None:
    row, _ = tokens.make(User.objects.create_user("jun"), "juns-own", [LESSONS_READ], 7)
    signed_in.post(f"{PAGE}{row.pk}/end/")
    row.refresh_from_db()
    assert row.is_good
    assert "juns-own" not in signed_in.get(PAGE).content.decode()
    assert Client().get(PAGE).status_code == 302


def test_there_is_a_most_and_ones_data_has_them(signed_in: Client, mina: User) -> None:
    for _ in range(tokens.MOST):
        tokens.make(mina, "one", [LESSONS_READ], 7)
    assert "errorlist" in signed_in.post(PAGE, FORM).content.decode()
    assert Token.objects.count() == tokens.MOST
    signed_in.get("/playground/")
    kept = json.loads(signed_in.post("/account/export/").content)["api_tokens"]
    assert len(kept) == tokens.MOST and "digest" not in kept[0]


def test_the_page_about_the_api_has_every_operation_and_nothing_of_strangers() -> None:
    answer = Client().get("/api/")
    page = answer.content.decode()
    for part in ("GET /api/v1/lessons", "POST /api/v1/sandboxes/{sandbox_id}/exec", "images:read"):
        assert part in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert "<script" not in page and "style=" not in page
    assert Client().get("/api/v1/openapi.json").json()["openapi"].startswith("3.1")
