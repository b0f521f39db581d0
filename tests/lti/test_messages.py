"""Signed messages, and every way in which one can be wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.test import Client

from playground.lti.models import Identity, Platform
from tests.lti.conftest import begin, finish, launch, refused
from tests.lti.learning_platform import (
    CLIENT,
    LTI,
    LearningPlatform,
    new_key,
)

_NOW = int(time.time())


def test_a_token_by_another_key(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    asked = begin(client, university)
    claims = university.message(asked["nonce"])
    token = jwt.encode(claims, new_key(), "RS256", headers={"kid": university.kid})
    refused(client, finish(client, token, asked["state"]), "does not hold")


def test_a_token_that_was_changed(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    asked = begin(client, university)
    head, body, signature = university.sign(university.message(asked["nonce"])).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "==")) | {"sub": "somebody else"}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    refused(client, finish(client, f"{head}.{body}.{signature}", asked["state"]), "does not hold")


def test_no_algorithm_and_the_public_key_as_a_secret(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    public = university.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    asked = begin(client, university)
    claims = university.message(asked["nonce"])
    token = jwt.encode(claims, None, "none", headers={"kid": university.kid})  # type: ignore[arg-type]
    refused(client, finish(client, token, asked["state"]), "algorithm")

    asked = begin(client, university)
    body = university.sign(university.message(asked["nonce"])).split(".")[1]
    head = _encode({"alg": "HS256", "typ": "JWT", "kid": university.kid})
    mac = hmac.new(public, f"{head}.{body}".encode(), hashlib.sha256).digest()
    token = f"{head}.{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
    refused(client, finish(client, token, asked["state"]), "algorithm")


def _encode(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def test_an_unknown_key_is_asked_for_once(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    launch(client, university)
    Identity.objects.all().delete()
    client = Client()
    for _ in range(3):
        asked = begin(client, university)
        token = university.sign(university.message(asked["nonce"]), kid="unknown")
        refused(client, finish(client, token, asked["state"]), "public key")
    assert university.requests.count("/keys") == 2


def test_a_platform_may_change_its_keys(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    assert launch(client, university).status_code == 302
    old = university.key, university.kid
    university.key, university.kid = new_key(), "key-2"
    try:
        assert launch(client, university).status_code == 302
    finally:
        university.key, university.kid = old


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "somebody-else"}, "somebody else"),
        ({"aud": None}, "somebody else"),
        ({"aud": [CLIENT, "another"]}, "somebody else"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "somebody else"),
        ({"azp": "another"}, "somebody else"),
        ({"iss": "https://elsewhere.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"exp": _NOW - 120, "iat": _NOW - 400}, "does not hold"),
        ({"exp": None}, "does not hold"),
        ({"iat": None}, "does not hold"),
        ({"iat": _NOW + 86400, "exp": _NOW + 90000}, "does not hold"),
        ({"sub": None}, "does not hold"),
        ({"sub": 5}, "does not hold"),
        ({"sub": "x" * 256}, "ID is malformed"),
        ({"sub": "a\x00"}, "ID is malformed"),
        ({LTI + "deployment_id": "7\x00"}, ""),
        ({LTI + "deployment_id": None}, ""),
        ({LTI + "deployment_id": ["7"]}, ""),
        ({LTI + "version": "1.1"}, "version"),
        ({LTI + "roles": None}, "Roles"),
        ({LTI + "message_type": "Unknown"}, "message type"),
        ({LTI + "message_type": None}, "message type"),
        ({LTI + "resource_link": None}, "Resource Link"),
        ({LTI + "resource_link": "link"}, "malformed"),
    ],
)
def test_a_message_that_is_wrong(
    client: Client,
    university: LearningPlatform,
    platform: Platform,
    changed: dict[str, Any],
    why: str,
) -> None:
    refused(client, launch(client, university, **changed), why)


def test_an_audience_of_several_with_the_authorized_party(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    assert launch(client, university, aud=["x", CLIENT], azp=CLIENT).status_code == 302


def test_a_state_that_is_wrong_gone_or_of_another_browser(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    asked = begin(client, university)
    token = university.sign(university.message(asked["nonce"]))
    refused(client, finish(client, token, "state-of-nobody"), "not begun here")
    refused(client, finish(client, token, ""), "not begun here")
    refused(client, client.post("/lti/launch/"), "not begun here")
    stranger = Client()
    response = finish(stranger, token, asked["state"])
    refused(stranger, response, "did not bring back the cookie")
    assert "/lti/login/?" in response.content.decode()  # begin again, in a window of its own
    assert finish(client, token, asked["state"]).status_code == 302


def test_a_launch_is_used_once(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    asked = begin(client, university)
    token = university.sign(university.message(asked["nonce"]))
    cookies = client.cookies.output()
    assert finish(client, token, asked["state"]).status_code == 302
    client.cookies.load(cookies.replace("Set-Cookie: ", ""))
    client.cookies.pop("sessionid", None)
    Identity.objects.all().delete()
    refused(client, finish(client, token, asked["state"]), "used already")
    # The token with another login of the same browser.
    again = begin(client, university)
    refused(client, finish(client, token, again["state"]), "nonce")


def test_tokens_that_are_none(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    for token in ("", "x", "a.b.c", "..", f"{_encode({})}.{_encode({})}.x", "W10.W10.W10"):
        asked = begin(client, university)
        refused(client, finish(client, token, asked["state"]), "")


def test_a_platforms_keys_that_cannot_be_had(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    platform.keys_url = f"{university.issuer}/nothing"
    platform.save()
    refused(client, launch(client, university), "keys could not be")
