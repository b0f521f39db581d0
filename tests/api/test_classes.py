"""Classes: both sides see theirs, nobody sees another's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from lessons import library
from lessons.models import StepProgress
from playground.accounts.models import Role, User
from playground.accounts.students import set_student
from playground.api import tokens
from playground.api.scopes import CLASSES_READ, LESSONS_READ
from playground.classes.models import Assignment, Class, Failure, Membership

pytestmark = pytest.mark.django_db
LESSON = "first-container"
By = Callable[..., Client]
_HOSTILE = "<script>alert(1)</script>\x1b[2J"


@pytest.fixture
def course(mina: User) -> Class:
    User.objects.filter(pk=mina.pk).update(role=Role.INSTRUCTOR)
    made: Class = Class.objects.create(name="Tuesdays", owner=mina)
    Assignment.objects.create(course=made, lesson=LESSON)
    member = Membership.objects.create(course=made, student="student-jun", name="Jun")
    step = _first_step()
    Membership.objects.filter(pk=member.pk).update(lesson=LESSON, step=step, last_line=_HOSTILE)
    StepProgress.objects.create(student="student-jun", lesson=LESSON, step=step, attempts=3)
    Failure.objects.create(member=member, lesson=LESSON, step=step, line="docker rum")
    return made


def _first_step() -> str:
    found = library.lesson(LESSON)
    assert found
    return found.steps[0].name


def _client(user: User, *scopes: str) -> Client:
    _, text = tokens.make(user, "test", scopes or [CLASSES_READ], 7)
    return Client(headers={"authorization": f"Bearer {text}"})


def _get(client: Client, path: str, status: int = 200) -> Any:
    answer = client.get(f"/api/v1/classes{path}")
    assert answer.status_code == status, answer.content
    return json.loads(answer.content)


def test_an_instructor_sees_members_and_report(by: By, course: Class) -> None:
    client = by(CLASSES_READ)
    (found,) = _get(client, "")
    assert (found["id"], found["role"], found["members"]) == (course.pk, "instructor", 1)
    assert [each["lesson"] for each in found["lessons"]] == [LESSON]
    assert _get(client, f"/{course.pk}") == found
    (row,) = _get(client, f"/{course.pk}/members?language=ko")
    assert (row["name"], row["attempts"], row["failed"]) == ("Jun", 3, 1)
    assert row["line"] == _HOSTILE
    (lesson,) = _get(client, f"/{course.pk}/report")
    step = lesson["steps"][0]
    assert (step["begun"], step["done"], step["failed_members"]) == (1, 0, 1)
    assert step["commands"] == [{"line": "docker rum", "members": 1, "times": 1}]


def test_a_member_sees_the_class_and_nobody_in_it(course: Class) -> None:
    jun = User.objects.create_user("jun")
    Membership.objects.update(student=jun.student)
    client = _client(jun)
    (found,) = _get(client, "")
    assert (found["role"], found["id"]) == ("member", course.pk)
    for path in ("members", "report"):
        assert _get(client, f"/{course.pk}/{path}", 404)["type"] == "/api/#missing"
    Class.objects.update(archived=course.created)
    assert _get(client, "") == []
    _get(client, f"/{course.pk}", 404)


@pytest.mark.parametrize("role", [Role.STUDENT, Role.INSTRUCTOR, Role.ADMINISTRATOR])
def test_anothers_class_is_not_there(course: Class, role: str) -> None:
    client = _client(User.objects.create_user("eve", role=role))
    assert _get(client, "") == []
    for path in ("", "/members", "/report"):
        _get(client, f"/{course.pk}{path}", 404)


def test_who_teaches_no_more_sees_no_more(by: By, course: Class) -> None:
    client = by(CLASSES_READ)
    User.objects.update(role=Role.STUDENT)
    assert _get(client, "") == []
    _get(client, f"/{course.pk}/members", 404)


def test_the_scope_is_needed(by: By, course: Class) -> None:
    for path in ("", f"/{course.pk}", f"/{course.pk}/members", f"/{course.pk}/report"):
        assert _get(by(LESSONS_READ), path, 403)["type"] == "/api/#scope"


def test_a_students_name_in_a_session_is_no_instructors_account(mina: User, course: Class) -> None:
    """A link goes on at another machine with the progress, not with the rights."""
    browser = Client()
    _be(browser, mina)
    assert _get(browser, "") == []
    _get(browser, f"/{course.pk}/members", 404)
    browser.force_login(mina, settings.AUTHENTICATION_BACKENDS[0])
    _be(browser, mina)
    assert len(_get(browser, f"/{course.pk}/members")) == 1


def _be(browser: Client, user: User) -> None:
    session = browser.session
    set_student(session, user.student)
    session.save()
