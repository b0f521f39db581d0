from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from playground.accounts.models import AuditEntry, Role, User
from playground.operators import urls
from playground.operators.models import Announcement
from playground.sandboxes import tasks
from playground.sandboxes.models import Sandbox
from tests.accounts.test_signing_in import make_user, sign_in

pytestmark = pytest.mark.django_db
ARGUMENTS: dict[str, list[Any]] = {
    "operator-user": [1],
    "operator-node-act": ["node-1"],
    "operator-catalogue-image": ["mine"],
    "operator-catalogue-remove": ["mine"],
    "operator-catalogue-act": ["0123456789abcdef"],
}


@pytest.fixture
def operator(client: Client) -> Client:
    make_user("operator", Role.ADMINISTRATOR)
    sign_in(client, "operator")
    return client


@pytest.mark.parametrize("role", [None, Role.STUDENT, Role.INSTRUCTOR])
def test_nobody_else_gets_in(role: str | None, client: Client) -> None:
    if role:
        make_user("somebody", role)
        sign_in(client, "somebody")
    for name in [str(each.name) for each in urls.urlpatterns]:
        path = reverse(name, args=ARGUMENTS.get(name, []))
        posted = client.post(path, {"role": "administrator", "active": "0"})
        got = client.get(path)
        for answer in (posted, got):
            if role is None:
                assert answer.status_code == 405 or "/account/login/" in answer["Location"], name
            else:
                assert answer.status_code in (403, 405), name
        assert 403 in (posted.status_code, got.status_code) or role is None, name
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("role", [None, Role.STUDENT, Role.INSTRUCTOR])
def test_nor_into_djangos_admin(role: str | None, client: Client) -> None:
    if role:
        make_user("somebody", role)
        sign_in(client, "somebody")
    paths = {str(each.pattern) for each in get_resolver("playground.urls").url_patterns}
    assert "admin/" in paths
    answer = client.get("/admin/accounts/user/", follow=True)
    assert "somebody" not in answer.content.decode() or answer.status_code == 403
    assert answer.status_code == (403 if role else 200)
    if role is None:
        assert answer.redirect_chain[-1][0].startswith("/account/login/")


def test_admin_shows_every_model_and_changes_no_log(operator: Client) -> None:
    AuditEntry.objects.create(name="x", action="y")
    for model in (
        "accounts/user", "accounts/auditentry", "sandboxes/sandbox", "lessons/stepprogress",
        "lessons/taskdone", "operators/announcement",
        "operators/catalogueimage", "operators/cataloguebuild", "sandboxes/setting",
    ):  # fmt: skip
        assert operator.get(f"/admin/{model}/").status_code == 200, model
    entry = AuditEntry.objects.get(name="x")
    operator.post(f"/admin/accounts/auditentry/{entry.pk}/delete/", {"post": "yes"})
    operator.post(f"/admin/accounts/auditentry/{entry.pk}/change/", {"name": "other"})
    assert AuditEntry.objects.get(pk=entry.pk).name == "x"


def test_acts_go_to_the_worker_and_into_the_log(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    for verb in ("remove", "freeze", "thaw"):
        task = getattr(tasks, verb)
        monkeypatch.setattr(task, "delay", lambda name, verb=verb: asked.append((verb, name)))
    Sandbox.objects.create(id="s-1", owner="a", state="ready")
    Sandbox.objects.create(id="s-2", owner="b", state="ready")

    def act(**given: object) -> int:
        text = json.dumps(given)
        return operator.post("/operator/act/", text, content_type="application/json").status_code

    assert act(verb="freeze", ids=["s-1", "s-2", "s-unknown"]) == 200
    assert act(verb="remove", ids=["s-2"]) == 200
    assert act(verb="explode", ids=["s-1"]) == 400
    assert act(verb="thaw") == 400
    assert asked == [("freeze", "s-1"), ("freeze", "s-2"), ("remove", "s-2")]
    assert Sandbox.objects.get(id="s-2").state == "removed"
    logged = AuditEntry.objects.values_list("action", "target")
    assert ("sandbox.remove", "sandbox s-2") in logged
    assert len(logged) == 3


def test_roles_accounts_and_passwords(operator: Client, client: Client) -> None:
    person = make_user("mina")
    path = f"/operator/users/{person.pk}/"
    operator.post(path, {"role": "instructor"})
    assert User.objects.get(username="mina").role == "instructor"
    assert operator.post(path, {"role": "emperor"}).status_code == 400
    theirs = Client()
    sign_in(theirs, "mina")
    operator.post(path, {"active": "0"})
    assert "_auth_user_id" not in theirs.session
    operator.post(path, {"active": "1"})
    page = operator.post(path, {"password": "1"}).content.decode()
    link = page.split('value="http://testserver')[1].split('"')[0]
    newcomer = Client()
    form = newcomer.get(link, follow=True)
    new = {"password1": "another whale 8", "password2": "another whale 8"}
    newcomer.post(form.redirect_chain[-1][0], new)
    assert sign_in(Client(), "mina", "another whale 8") == 302
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions == {"role.change", "account.off", "account.on", "account.password_link"}


def test_the_only_administrator_stays(operator: Client) -> None:
    me = User.objects.get(username="operator")
    for change in ({"role": "student"}, {"active": "0"}):
        assert operator.post(f"/operator/users/{me.pk}/", change).status_code == 302
    me.refresh_from_db()
    assert me.is_administrator


def test_announcements_are_on_every_page_while_they_hold(operator: Client, client: Client) -> None:
    operator.post("/operator/announcements/", {"text_en": "Down at <b>ten</b>", "text_ko": "점검"})
    now = timezone.now()
    Announcement.objects.create(text_en="over", until=now - timedelta(hours=1))
    Announcement.objects.create(text_en="to come", since=now + timedelta(hours=1))
    page = Client().get("/lessons/").content.decode()
    assert "Down at &lt;b&gt;ten&lt;/b&gt;" in page
    assert "over</div>" not in page
    assert "to come" not in page
    assert "점검" in Client(headers={"accept-language": "ko"}).get("/lessons/").content.decode()
    operator.post("/operator/announcements/", {"remove": Announcement.objects.last().pk})
    assert AuditEntry.objects.filter(action="announcement.add").exists()


def test_the_log_is_filtered_and_downloaded_without_formulas(operator: Client) -> None:
    AuditEntry.objects.create(name="=cmd()", action="sandbox.remove", target="sandbox s-1")
    AuditEntry.objects.create(name="mina", action="role.change", target="user 1")
    page = operator.get("/operator/log/?action=role.change").content.decode()
    assert "user 1" in page
    assert "s-1" not in page
    answer = operator.get("/operator/log/?format=csv&who=cmd")
    text = answer.content.decode()
    assert "'=cmd()" in text
    assert "mina" not in text


def test_without_a_hub_the_page_says_what_the_database_knows(operator: Client) -> None:
    user = make_user("mina")
    Sandbox.objects.create(id="s-1", owner=user.student, state="ready")
    Sandbox.objects.create(id="s-2", owner="f" * 32, state="waiting")
    Sandbox.objects.create(id="s-3", owner="f" * 32, state="removed")
    found = operator.get("/operator/state/").json()
    assert found["machine"] is None
    assert {each["id"]: each["owner"] for each in found["sandboxes"]} == {"s-1": "mina", "s-2": ""}
    assert found["numbers"]["waiting"] == 1
