"""Launches: what they do, and who they let in as whom."""

from __future__ import annotations

from typing import Any

import jwt
from django.core.cache import cache
from django.test import Client

from lessons.models import StepProgress
from playground.accounts.models import AuditEntry, Role, User
from playground.lti.models import Grade, Identity, Platform
from playground.sandboxes.models import Sandbox
from tests.lti.conftest import begin, finish, launch, refused
from tests.lti.learning_platform import (
    AGS,
    CLIENT,
    INSTRUCTOR,
    LTI,
    LearningPlatform,
    new_key,
)


def test_a_launch_opens_the_lesson_as_an_account_of_its_own(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    response = launch(client, university)
    assert response.status_code == 302
    assert response["Location"] == "/lessons/first-container/"
    identity = Identity.objects.get()
    assert (identity.platform, identity.subject) == (platform, "student-1")
    user = identity.user
    assert client.session["_auth_user_id"] == str(user.pk)
    assert client.session["student"] == user.student
    assert (str(user), user.role, user.email) == ("Mina Kim", Role.STUDENT, "")
    assert not user.has_usable_password()
    assert client.session.get_expire_at_browser_close()
    # The same person again, on another machine: the same account.
    launch(Client(), university)
    assert User.objects.count() == 1


def test_the_lesson_is_found_by_the_links_address_too(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    for target, place in (
        ("http://testserver/lessons/first-container/", "/lessons/first-container/"),
        ("http://testserver/lessons/no-such-lesson/", "/lessons/"),
        ("https://elsewhere.example/account/delete/", "/lessons/"),
        ("http://[broken", "/lessons/"),
    ):
        changed: dict[str, Any] = {LTI + "custom": None, LTI + "target_link_uri": target}
        assert launch(client, university, **changed)["Location"] == place


def test_an_address_by_mail_never_leads_to_an_account(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    mina = User.objects.create(username="mina@example.org", email="mina@example.org")
    launch(client, university)
    assert Identity.objects.get().user != mina
    assert client.session["_auth_user_id"] != str(mina.pk)


def test_people_are_told_apart_by_issuer_client_and_subject(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    launch(client, university, "a")
    launch(client, university, "b")
    platform.client_id = "before"
    platform.save()
    other = Platform.objects.get()
    other.pk, other.client_id = None, CLIENT
    other.save()
    other.deployments.create(name="7", allowed=True)
    launch(client, university, "a")
    assert User.objects.count() == Identity.objects.count() == 3


def test_what_was_done_here_before_stays_behind(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    """Nobody says that who learnt here without an account is who comes from the course."""
    client.get("/lessons/first-container/")
    before = client.session["student"]
    StepProgress.objects.create(student=before, lesson="first-container", step="x")
    Sandbox.objects.create(id="s-1", owner=before, state="ready")
    launch(client, university)
    assert StepProgress.objects.get().student == Sandbox.objects.get().owner == before
    assert client.session["student"] == Identity.objects.get().user.student != before
    assert "host_before" not in client.session


def test_whoever_was_signed_in_is_signed_out(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    launch(client, university, "first")
    session = client.session.session_key
    client.cookies["sessionid"]["path"] = "/"
    launch(client, university, "second")
    assert client.session["_auth_user_id"] == str(Identity.objects.get(subject="second").user.pk)
    assert not type(client.session)(session).load()


def test_a_login_of_an_unknown_platform_goes_nowhere(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    words = university.login_words("/lessons/", "1")
    for changed in ({"iss": "https://elsewhere.example"}, {"client_id": "x"}, {"login_hint": ""}):
        assert client.get("/lti/login/", words | changed).status_code == 403
    assert client.get("/lti/login/").status_code == 403
    platform.is_active = False
    platform.save()
    assert client.get("/lti/login/", words).status_code == 403


def test_a_platform_switched_off_meanwhile(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    asked = begin(client, university)
    Platform.objects.update(is_active=False)
    token = university.sign(university.message(asked["nonce"]))
    refused(client, finish(client, token, asked["state"]), "issuer")


def test_two_platforms_of_one_issuer_need_the_client(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    words = university.login_words("/lessons/", "1")
    del words["client_id"]
    assert client.get("/lti/login/", words).status_code == 302
    other = Platform.objects.get()
    other.pk, other.client_id = None, "second"
    other.save()
    assert client.get("/lti/login/", words).status_code == 403


def test_an_unknown_deployment_waits_for_an_administrator(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    response = launch(client, university, **{LTI + "deployment_id": "<8>"})
    refused(client, response, "&lt;8&gt;")
    waiting = platform.deployments.get(name="<8>")
    assert not waiting.allowed
    for number in range(40):
        launch(client, university, **{LTI + "deployment_id": f"n{number}"})
    assert platform.deployments.filter(allowed=False).count() == 20
    platform.deployments.filter(pk=waiting.pk).update(allowed=True)
    assert launch(client, university, **{LTI + "deployment_id": "<8>"}).status_code == 302


def test_an_unsigned_deployment_is_not_noted(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    asked = begin(client, university)
    claims = university.message(asked["nonce"], **{LTI + "deployment_id": "forged"})
    token = jwt.encode(claims, new_key(), "RS256", headers={"kid": university.kid})
    finish(client, token, asked["state"])
    assert not platform.deployments.filter(name="forged").exists()


def test_instructors_are_instructors_where_an_administrator_says_so(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    teacher = {LTI + "roles": [INSTRUCTOR]}
    launch(client, university, "t", **teacher)
    user = User.objects.get()
    assert user.role == Role.STUDENT
    Platform.objects.update(instructors=True)
    assistant = INSTRUCTOR.replace("#", "/Instructor#").replace("#Instructor", "#TeachingAssistant")
    staff = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
    other = INSTRUCTOR.replace("#", "/Learner#")
    launch(client, university, "t", **{LTI + "roles": [assistant, staff, other, 5]})
    user.refresh_from_db()
    assert user.role == Role.STUDENT
    launch(client, university, "t", **teacher)
    user.refresh_from_db()
    assert user.role == Role.INSTRUCTOR
    assert AuditEntry.objects.get(action="role.lti").actor == user
    # An administrator's later word holds.
    User.objects.update(role=Role.STUDENT)
    launch(client, university, "t", **teacher)
    user.refresh_from_db()
    assert user.role == Role.STUDENT


def test_an_account_that_was_switched_off_stays_out(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    launch(client, university)
    User.objects.update(is_active=False)
    fresh = Client()
    response = launch(fresh, university)
    assert response.status_code == 403
    assert "_auth_user_id" not in fresh.session


def test_a_frame_gets_a_button_for_a_window(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    words = university.login_words("/lessons/", "1")
    framed = {"HTTP_SEC_FETCH_DEST": "iframe"}
    response = client.get("/lti/login/", words, **framed)  # type: ignore[arg-type]
    text = response.content.decode()
    assert response.status_code == 200
    assert 'target="_blank"' in text and "login_hint=1" in text
    assert "X-Frame-Options" not in response
    assert "frame-ancestors *" in response["Content-Security-Policy"]
    # So does a launch that was begun in a window and ends in a frame; nobody is signed in.
    asked = begin(client, university)
    token = university.sign(university.message(asked["nonce"]))
    response = finish(client, token, asked["state"], **framed)  # type: ignore[assignment]
    refused_text = response.content.decode()
    assert 'target="_blank"' in refused_text
    assert "_auth_user_id" not in client.session
    # All other pages stay out of frames.
    assert "frame-ancestors 'none'" in client.get("/lessons/")["Content-Security-Policy"]


def test_the_cookie_over_tls(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    asked = begin(client, university, secure=True)
    assert asked["redirect_uri"] == "https://testserver/lti/launch/"
    cookie = client.cookies[f"__Host-lti-{asked['state']}"]
    assert cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "None"
    assert cookie["path"] == "/" and not cookie["domain"]
    token = university.sign(university.message(asked["nonce"]))
    # A cookie of the name without the prefix, which a neighbouring host can set, does not do.
    stranger = Client()
    stranger.cookies[f"lti-{asked['state']}"] = asked["state"]
    assert finish(stranger, token, asked["state"], secure=True).status_code == 403
    assert finish(client, token, asked["state"], secure=True).status_code == 302
    assert not client.cookies[f"__Host-lti-{asked['state']}"].value


def test_what_the_platform_says_instead_of_a_token(client: Client, platform: Platform) -> None:
    words = {"error": "login_required", "error_description": "<b>sign in</b>", "state": "x"}
    response = client.post("/lti/launch/", words)
    assert "&lt;b&gt;sign in" in response.content.decode()
    assert response.status_code == 403


def test_logins_of_one_browser_do_not_disturb_each_other(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    first, second = begin(client, university), begin(client, university)
    for asked in (second, first):
        token = university.sign(university.message(asked["nonce"]))
        assert finish(client, token, asked["state"]).status_code == 302
    assert cache.get(f"lti-login-{first['state']}") is None


def test_grade_services_that_are_nonsense_do_not_stop_a_launch(
    client: Client, university: LearningPlatform, platform: Platform
) -> None:
    every: list[Any] = ["x", {}, {"scope": "score"}, {"scope": [1], "lineitem": 5}, []]
    every += [{"scope": [AGS + "scope/score"], "lineitem": bad} for bad in ("x", "https://x/\x00")]
    for nonsense in every:
        response = launch(client, university, **{AGS + "claim/endpoint": nonsense})
        assert response.status_code == 302
    assert not Grade.objects.exists()
