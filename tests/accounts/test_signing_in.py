from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from lessons.models import StepProgress, TaskDone
from playground.accounts.models import Role, User
from playground.sandboxes.models import Sandbox

pytestmark = pytest.mark.django_db
PASSWORD = "a whale carries boxes 7"


def make_user(name: str = "mina", role: str = Role.STUDENT) -> User:
    user = User(username=name, role=role)
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client, name: str = "mina", password: str = PASSWORD) -> int:
    return client.post("/account/login/", {"login": name, "password": password}).status_code


def begin_anonymously(client: Client) -> str:
    client.get("/lessons/images/")
    student = str(client.session["student"])
    StepProgress.objects.create(student=student, lesson="images", step="01-first", attempts=3)
    TaskDone.objects.create(student=student, lesson="images", task="pulled")
    return student


def test_what_was_done_before_moves_to_the_account(client: Client) -> None:
    before = begin_anonymously(client)
    Sandbox.objects.create(id="s-1", owner=before, state="ready")
    user = make_user()
    assert sign_in(client) == 302
    assert client.session["student"] == user.student != before
    assert StepProgress.objects.get().student == TaskDone.objects.get().student == user.student
    assert Sandbox.objects.get().owner == user.student


def test_signing_up_takes_it_along_too(client: Client) -> None:
    begin_anonymously(client)
    form = {"username": "jun", "email": "", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/account/signup/", form).status_code == 302
    assert StepProgress.objects.get().student == User.objects.get(username="jun").student


def test_after_signing_out_nobody_here_is_that_student(client: Client) -> None:
    user = make_user()
    sign_in(client)
    client.post("/account/logout/")
    client.get("/lessons/images/")
    assert client.session["student"] != user.student


def test_the_next_person_at_a_shared_machine_gets_nothing_of_the_last(client: Client) -> None:
    first, second = make_user("first"), make_user("second")
    sign_in(client, "first")
    StepProgress.objects.create(student=first.student, lesson="images", step="01-first")
    client.post("/account/logout/")
    sign_in(client, "second")
    assert StepProgress.objects.get().student == first.student
    assert client.session["student"] == second.student


def test_two_hosts_are_both_kept_until_one_is_chosen(client: Client, removed: list[str]) -> None:
    user = make_user()
    Sandbox.objects.create(id="s-account", owner=user.student, state="ready")
    before = begin_anonymously(client)
    Sandbox.objects.create(id="s-before", owner=before, state="ready")
    sign_in(client)
    assert not removed
    assert "/sandbox/before/" in client.get("/lessons/").content.decode()
    client.post("/sandbox/before/", {"keep": "nonsense"})
    assert not removed
    client.post("/sandbox/before/", {"keep": "before"})
    assert removed == ["s-account"]
    assert Sandbox.objects.get(id="s-before").owner == user.student
    assert "/sandbox/before/" not in client.get("/lessons/").content.decode()


def test_keeping_the_accounts_host_removes_the_other(client: Client, removed: list[str]) -> None:
    user = make_user()
    Sandbox.objects.create(id="s-account", owner=user.student, state="ready")
    Sandbox.objects.create(id="s-before", owner=begin_anonymously(client), state="ready")
    sign_in(client)
    client.post("/sandbox/before/", {"keep": "account"})
    assert removed == ["s-before"]
    assert Sandbox.objects.get(id="s-account").state == "ready"


def test_another_password_signs_out_everywhere_else(client: Client) -> None:
    make_user()
    elsewhere = Client()
    sign_in(client)
    sign_in(elsewhere)
    elsewhere.get("/account/")
    key = elsewhere.session.session_key
    another = {
        "oldpassword": PASSWORD,
        "password1": "quite another 9",
        "password2": "quite another 9",
    }
    assert client.post("/account/password/change/", another).status_code == 302
    assert not Session.objects.filter(session_key=key).exists()
    assert "student" not in elsewhere.session
    assert "mina" in client.get("/account/").content.decode()


def test_an_account_that_is_switched_off_is_out_at_once(client: Client) -> None:
    user = make_user()
    sign_in(client)
    client.get("/account/")
    user.is_active = False
    user.save()
    client.get("/lessons/")
    assert client.session.get("student", "") != user.student
    sign_in(client)
    assert "_auth_user_id" not in client.session
    assert client.session.get("student", "") != user.student


def test_guessing_passwords_is_slowed(client: Client) -> None:
    make_user()
    for _ in range(6):
        sign_in(client, password="wrong")
    answer = client.post("/account/login/", {"login": "mina", "password": PASSWORD})
    assert answer.status_code != 302
    assert "_auth_user_id" not in client.session


def test_sign_up_can_be_closed(client: Client, settings: object) -> None:
    settings.SIGNUP_OPEN = False  # type: ignore[attr-defined]
    form = {"username": "jun", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/account/signup/", form)
    assert not User.objects.exists()


def test_a_link_to_go_on_elsewhere_is_not_given_to_an_account(client: Client) -> None:
    student = begin_anonymously(client)
    page = client.post("/progress/carry/").content.decode()
    path = page.split('value="http://testserver')[1].split('"')[0]
    user = make_user()
    sign_in(client)
    assert "/carry/ey" not in client.post("/progress/carry/").content.decode()
    # The link from before leads to nobody's account: what it stood for has moved.
    thief = Client()
    thief.post(path)
    assert thief.session.get("student") in (None, student)
    assert thief.session.get("student") != user.student


def test_a_link_opened_where_somebody_is_signed_in_adds_to_the_account(client: Client) -> None:
    begin_anonymously(client)
    page = client.post("/progress/carry/").content.decode()
    path = page.split('value="http://testserver')[1].split('"')[0]
    user, other = make_user(), Client()
    sign_in(other)
    other.post(path)
    assert StepProgress.objects.get().student == user.student == other.session["student"]
