"""Who may, and who may not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from lessons.models import StepProgress
from playground.accounts.models import User
from playground.accounts.students import student_of
from playground.api import tokens
from playground.api.models import Token
from playground.api.scopes import LESSONS_READ, PROGRESS_READ

pytestmark = pytest.mark.django_db
By = Callable[..., Client]


def is_problem(answer: Any, status: int, kind: str) -> bool:
    document = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.status_code, document["type"]) == (status, f"/api/#{kind}"), document
    return bool(document["title"] and document["detail"] and document["status"] == status)


def test_nobody_gets_nothing_and_hears_what_to_do() -> None:
    for path in ("lessons", "lessons/images", "progress"):
        answer = Client().get(f"/api/v1/{path}")
        assert is_problem(answer, 401, "unauthorized")
        assert answer["WWW-Authenticate"].startswith("Bearer")
    assert is_problem(Client().get("/api/v1/no-such"), 404, "missing")
    answer = Client().put("/api/v1/sandboxes")
    assert is_problem(answer, 405, "method") and "POST" in answer["Allow"]


def test_a_token_does_what_its_scopes_say(by: By, mina: User) -> None:
    client = by(LESSONS_READ)
    assert len(client.get("/api/v1/lessons").json()) > 20
    assert is_problem(client.get("/api/v1/progress"), 403, "scope")
    assert Token.objects.get().last_used is not None


@pytest.mark.parametrize("text", ["dpg_no-such", "dpg_", "else", "\udcff", "dpg_\x00"])
def test_what_is_no_token(text: str) -> None:
    raw = text.encode(errors="surrogateescape").decode("latin-1")
    answer = Client(headers={"authorization": f"Bearer {raw}"}).get("/api/v1/lessons")
    assert is_problem(answer, 401, "token")


def test_expired_ended_and_those_of_closed_accounts(by: By, mina: User) -> None:
    client = by()
    row = Token.objects.get()
    Token.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert is_problem(client.get("/api/v1/lessons"), 401, "token")
    Token.objects.update(expires=timezone.now() + timedelta(days=1))
    assert client.get("/api/v1/lessons").status_code == 200
    User.objects.update(is_active=False)
    assert is_problem(client.get("/api/v1/lessons"), 401, "token")
    User.objects.update(is_active=True)
    assert tokens.end(mina, row.pk)
    assert is_problem(client.get("/api/v1/lessons"), 401, "token")


def test_progress_is_ones_own(by: By, mina: User) -> None:
    now = timezone.now()
    StepProgress.objects.create(student="another", lesson="images", step="01-one", done=now)
    mine = by(PROGRESS_READ).get("/api/v1/progress/images").json()
    assert (mine["done_steps"], mine["steps_done"]) == (0, [])
    StepProgress.objects.create(
        student=mina.student, lesson="images", step=mine["resume"], done=now
    )
    after = by().get("/api/v1/progress/images").json()
    assert (after["done_steps"], after["steps_done"]) == (1, [mine["resume"]])


def test_a_session_works_too_and_needs_the_forms_token_to_change_something(
    removed: list[str],
) -> None:
    from playground.sandboxes.models import Sandbox

    client = Client(enforce_csrf_checks=True)
    client.get("/playground/")
    student = student_of(client.session)
    Sandbox.objects.create(id="s-0123456789abcdef", owner=student, state="ready")
    assert client.get("/api/v1/progress").status_code == 200
    path = "/api/v1/sandboxes/s-0123456789abcdef"
    assert is_problem(client.delete(path), 403, "csrf")
    assert removed == []
    csrf = client.cookies["csrftoken"].value
    assert client.delete(path, headers={"x-csrftoken": csrf}).status_code == 204
    assert removed == ["s-0123456789abcdef"]


def test_each_token_has_a_rate(by: By, settings: Any) -> None:
    settings.API_REQUESTS_A_MINUTE = 3
    first, second = by(), by()
    codes = [first.get("/api/v1/progress/images").status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    answer = first.get("/api/v1/lessons")
    assert is_problem(answer, 429, "rate") and 0 < int(answer["Retry-After"]) <= 60
    assert second.get("/api/v1/lessons").status_code == 200
