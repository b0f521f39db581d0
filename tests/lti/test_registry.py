"""The pages of administrators, and who may not see them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from playground.accounts.models import AuditEntry, Role, User
from playground.lti import keys
from playground.lti.models import Grade, Platform, ToolKey
from tests.lti.conftest import launch, make_administrator
from tests.lti.learning_platform import LTI, LearningPlatform

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", [None, Role.STUDENT, Role.INSTRUCTOR])
def test_others_see_and_change_nothing(
    client: Client, university: LearningPlatform, platform: Platform, role: str | None
) -> None:
    if role:
        client.force_login(User.objects.create(username="mina", role=role))
    for path in ("platforms/", "platforms/new/", f"platforms/{platform.pk}/"):
        for response in (client.get(f"/lti/{path}"), client.post(f"/lti/{path}", {"remove": 1})):
            assert response.status_code in ({403, 405} if role else {302, 405})
            assert university.issuer not in response.content.decode()
            if response.status_code == 302:
                assert response["Location"].startswith("/account/login/")
    client.post("/lti/platforms/new/", university.registration | {"client_id": "other"})
    assert Platform.objects.count() == 1


def test_registering_shows_the_addresses_and_is_noted(university: LearningPlatform) -> None:
    client = make_administrator()
    text = client.get("/lti/platforms/new/").content.decode()
    for path in ("login/", "launch/", "keys.json", "pick/", "canvas.json"):
        assert f'value="http://testserver/lti/{path}"' in text
    form = university.registration | {"deployments": " 7 \n\n8\n7", "instructors": "on"}
    assert client.post("/lti/platforms/new/", form).status_code == 302
    made = Platform.objects.get()
    assert made.instructors and [d.name for d in made.deployments.all()] == ["7", "8"]
    assert AuditEntry.objects.get().action == "lti.add"
    assert "University" in client.get("/lti/platforms/").content.decode()
    again = client.post("/lti/platforms/new/", form)
    assert Platform.objects.count() == 1 and "registered already" in again.content.decode()


@pytest.mark.parametrize(
    "url",
    ["", "platform.example", "http://platform.example/auth", "javascript:alert(1)", "https://"],
)
def test_addresses_must_be_https(university: LearningPlatform, url: str) -> None:
    client = make_administrator()
    for name in ("login_url", "token_url", "keys_url"):
        client.post("/lti/platforms/new/", university.registration | {name: url})
    assert not Platform.objects.exists()


def test_a_deployment_is_allowed_by_a_click(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    for name in ("8", "9"):
        launch(client, university, **{LTI + "deployment_id": name})
    boss, path = make_administrator(), f"/lti/platforms/{platform.pk}/"
    assert "waits to be allowed" in boss.get("/lti/platforms/").content.decode()
    eight, nine = (platform.deployments.get(name=name) for name in ("8", "9"))
    boss.post(path, {"allow": eight.pk})
    boss.post(path, {"forget": nine.pk})
    boss.post(path, {"allow": "nonsense"})
    assert launch(client, university, **{LTI + "deployment_id": "8"}).status_code == 302
    assert not platform.deployments.filter(name="9").exists()


def test_names_are_fixed_once_somebody_came(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    launch(client, university)
    boss, path = make_administrator(), f"/lti/platforms/{platform.pk}/"
    form: dict[str, Any] = university.registration | {
        "issuer": "x",
        "name": "New",
        "client_id": "y",
    }
    assert boss.post(path, form).status_code == 302
    changed = Platform.objects.get()
    assert (changed.issuer, changed.name) == (university.issuer, "New")
    boss.post(path, {"remove": "1"})
    assert Platform.objects.exists()


def test_a_platform_that_nobody_came_from_can_go(
    university: LearningPlatform, platform: Platform
) -> None:
    boss = make_administrator()
    assert boss.post(f"/lti/platforms/{platform.pk}/", {"remove": "1"}).status_code == 302
    assert not Platform.objects.exists()


def test_failed_grades_are_seen_and_sent_again(
    client: Client, university: LearningPlatform, platform: Platform, asked: list[int]
) -> None:
    launch(client, university)
    Grade.objects.update(error="<b>answered 500", tries=30)
    boss, path = make_administrator(), f"/lti/platforms/{platform.pk}/"
    assert "&lt;b&gt;answered 500" in boss.get(path).content.decode()
    boss.post(path, {"send": "1"})
    assert asked == [platform.pk] and Grade.objects.get().due


def test_the_key_set_is_made_once_and_has_no_private_part(client: Client) -> None:
    first = json.loads(client.get("/lti/keys.json").content)
    (key,) = first["keys"]
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig") and key["kid"]
    assert set(key) <= {"kty", "alg", "use", "kid", "n", "e"}
    assert json.loads(client.get("/lti/keys.json").content) == first
    assert ToolKey.objects.count() == 1 and keys.current().pk == 1


def test_what_canvas_reads(client: Client) -> None:
    found = json.loads(client.get("/lti/canvas.json").content)
    assert found["oidc_initiation_url"] == "http://testserver/lti/login/"
    assert found["redirect_uris"] == ["http://testserver/lti/launch/"]
    assert "d" not in found["public_jwk"]
    placements = found["extensions"][0]["settings"]["placements"]
    assert {each["target_link_uri"] for each in placements} == {"http://testserver/lti/pick/"}
