"""A platform that registers itself by an administrator's link."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from playground.accounts.models import AuditEntry, Role, User
from playground.lti.models import Platform
from tests.lti.conftest import launch, make_administrator
from tests.lti.learning_platform import CLIENT, LearningPlatform

LOCAL: dict[str, Any] = {"HTTP_HOST": "localhost"}


def new_link() -> str:
    text = make_administrator().post("/lti/platforms/link/", **LOCAL).content.decode()
    found = re.search(r'value="http://localhost(/lti/register/[^"]+)"', text)
    assert found
    return found[1]


def asking(university: LearningPlatform, **changed: str) -> str:
    words = {"openid_configuration": f"{university.issuer}/openid", "registration_token": "once"}
    return "?" + urlencode(words | changed)


def test_a_platform_registers_itself_and_starts_a_lesson(
    client: Client, university: LearningPlatform
) -> None:
    link = new_link() + asking(university)
    page = client.get(link, **LOCAL)
    assert "frame-ancestors *" in page["Content-Security-Policy"]
    assert not university.registered and not Platform.objects.exists()  # a preview does nothing
    assert client.post(link, **LOCAL).status_code == 200
    (ours,) = university.registered
    assert ours["redirect_uris"] == ["http://localhost/lti/launch/"]
    assert ours["jwks_uri"] == "http://localhost/lti/keys.json"
    made = Platform.objects.get()
    assert (made.issuer, made.client_id) == (university.issuer, CLIENT)
    assert made.name == "localhost (moodle)" and not made.instructors
    assert [entry.action for entry in AuditEntry.objects.all()] == ["lti.add", "lti.link"]
    assert launch(client, university).status_code == 302
    # The link held once.
    assert client.post(link, **LOCAL).status_code == 403 and len(university.registered) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"openid_configuration": ""},
        {"openid_configuration": "http://platform.example/openid"},
        {"openid_configuration": "https://10.0.0.1/openid"},
        {"openid_configuration": "file:///etc/passwd"},
        {"registration_token": "another"},
    ],
)
def test_links_that_lead_nowhere(
    client: Client, university: LearningPlatform, changed: dict[str, str]
) -> None:
    link = new_link() + asking(university, **changed)
    assert client.post(link, **LOCAL).status_code == 403
    assert not Platform.objects.exists()


def test_on_a_real_site_our_own_machine_is_not_asked(
    client: Client, university: LearningPlatform
) -> None:
    link = new_link() + asking(university)
    university.requests.clear()
    assert client.post(link).status_code == 403
    assert not university.requests


def test_descriptions_that_are_wrong(
    client: Client, university: LearningPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = university.description
    for wrong in (
        {"issuer": "https://canvas.example"},
        {"issuer": None},
        {"registration_endpoint": "https://10.0.0.1/register"},
        {"registration_endpoint": 5},
        {"jwks_uri": "http://platform.example/keys"},
    ):
        changed = property(lambda _, wrong=wrong: good | wrong)  # type: ignore[misc]
        monkeypatch.setattr(LearningPlatform, "description", changed)
        link = new_link() + asking(university)
        assert client.post(link, **LOCAL).status_code == 403
        User.objects.all().delete()
    assert not Platform.objects.exists()


def test_links_end_with_their_administrator(client: Client, university: LearningPlatform) -> None:
    link = new_link() + asking(university)
    User.objects.update(role=Role.STUDENT)
    assert client.post(link, **LOCAL).status_code == 403
    assert client.post("/lti/register/guessed/" + asking(university), **LOCAL).status_code == 403
    assert not university.registered


def test_who_may_make_a_link(client: Client, db: None) -> None:
    assert client.post("/lti/platforms/link/").status_code == 302
    client.force_login(User.objects.create(username="mina", role=Role.INSTRUCTOR))
    assert client.post("/lti/platforms/link/").status_code == 403
    assert make_administrator().get("/lti/platforms/link/").status_code == 405
