"""The database is real; cache and channel layer are the process's own, for no Redis runs here."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.conf import settings
from django.test import Client

from playground.accounts.models import Role, User
from playground.classes.models import Assignment, Class, Membership
from tests.this_process import of_this_process  # noqa: F401 - fixtures

LESSON = "first-container"


def signed_in(name: str, role: str = Role.STUDENT) -> tuple[User, Client]:
    """An account and its browser, without the time that a password's hash takes."""
    user = User.objects.create(username=name, role=role)
    client = Client()
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
    return user, client


@dataclass
class Taught:
    """A class with one lesson, its instructor's browser and that of a member without account."""

    course: Class
    owner: User
    teacher: Client
    member: Membership
    student: Client


@pytest.fixture
def taught(db: None) -> Taught:
    owner, teacher = signed_in("kim", Role.INSTRUCTOR)
    course = Class.objects.create(name="Tuesdays", owner=owner)
    Assignment.objects.create(course=course, lesson=LESSON)
    student = Client()
    student.post(f"/classes/join/{course.token}/", {"name": "Mina"})
    return Taught(course, owner, teacher, Membership.objects.get(), student)
