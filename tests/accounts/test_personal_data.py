from __future__ import annotations

import json

import pytest
from django.test import Client

from lessons.models import StepProgress, TaskDone
from playground.accounts.models import AuditEntry, Role, User
from playground.sandboxes.models import Sandbox
from tests.accounts.test_signing_in import PASSWORD, begin_anonymously, make_user, sign_in

pytestmark = pytest.mark.django_db


def give_password(client: Client, password: str = PASSWORD) -> None:
    client.post("/account/reauthenticate/", {"password": password})


def test_one_gets_all_that_is_kept_and_nothing_of_others(client: Client) -> None:
    StepProgress.objects.create(student="another", lesson="images", step="02", last_line="secret")
    begin_anonymously(client)
    make_user()
    sign_in(client)
    answer = client.post("/account/export/")
    assert "attachment" in answer["Content-Disposition"]
    data = json.loads(answer.content)
    assert data["account"]["username"] == "mina"
    assert [step["attempts"] for step in data["steps"]] == [3]
    assert [task["task"] for task in data["tasks"]] == ["pulled"]
    assert b"secret" not in answer.content
    assert b"password" not in answer.content


def test_without_an_account_it_works_as_well(client: Client, removed: list[str]) -> None:
    student = begin_anonymously(client)
    Sandbox.objects.create(id="s-1", owner=student, state="ready")
    assert json.loads(client.post("/account/export/").content)["sandboxes"][0]["id"] == "s-1"
    client.post("/account/delete/")
    assert removed == ["s-1"]
    assert not StepProgress.objects.exists()
    assert not TaskDone.objects.exists()
    assert Sandbox.objects.get().owner == ""
    assert "student" not in client.session


def test_an_account_goes_with_all_it_has(client: Client, removed: list[str]) -> None:
    user = make_user()
    sign_in(client)
    Sandbox.objects.create(id="s-1", owner=user.student, state="ready")
    StepProgress.objects.create(student=user.student, lesson="images", step="01-first")
    give_password(client)
    assert client.get("/account/delete/").status_code == 200
    assert User.objects.exists()
    client.post("/account/delete/")
    assert not User.objects.exists()
    assert not StepProgress.objects.exists()
    assert removed == ["s-1"]


def test_the_password_is_asked_again(client: Client) -> None:
    make_user()
    sign_in(client)
    assert "reauthenticate" in client.post("/account/delete/")["Location"]
    give_password(client, "wrong")
    assert "reauthenticate" in client.post("/account/delete/")["Location"]
    assert User.objects.exists()


def test_the_only_administrator_cannot_go(client: Client) -> None:
    make_user(role=Role.ADMINISTRATOR)
    sign_in(client)
    give_password(client)
    assert "only administrator" in client.get("/account/delete/").content.decode()
    assert client.post("/account/delete/").status_code == 403
    make_user("other", role=Role.ADMINISTRATOR)
    AuditEntry.objects.create(actor=User.objects.get(username="mina"), name="mina", action="x")
    assert client.post("/account/delete/").status_code == 302
    assert AuditEntry.objects.get().name == "mina"
    assert AuditEntry.objects.get().actor is None
