"""Every address of classes, for whoever may not see it. A new one without a row here fails."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from playground.accounts.models import AuditEntry, Role
from playground.classes import urls
from playground.classes.models import Class, Membership
from tests.classes.conftest import Taught, signed_in

pytestmark = pytest.mark.django_db
#: Pages that are about nobody's class but one's own, or that let one in.
FOR_ALL = {"classes", "class-now", "class-join", "class-join-link"}
FOR_MEMBERS = {"class", "class-leave", "class-help"}
FOR_BOTH = {"class-projector"}
FOR_ANY_INSTRUCTOR = {"class-new"}
NAMES = [str(each.name) for each in urls.urlpatterns]
OF_ONE_CLASS = [
    name for name in NAMES if name not in FOR_ALL | FOR_MEMBERS | FOR_BOTH | FOR_ANY_INSTRUCTOR
]
WITH_MEMBER = {"class-remove-member", "class-helped", "class-watch", "class-port"}


def path_of(name: str, taught: Taught) -> str:
    more = [taught.member.pk] if name in WITH_MEMBER else []
    return reverse(name, args=[taught.course.pk, *more])


def ask_both(client: Client, path: str) -> set[int]:
    """What it answers to looking and to doing, but for methods that there are not."""
    posted = client.post(path, {"text": "x", "wanted": "1", "name": "x", "lesson": "images"})
    return {client.get(path).status_code, posted.status_code} - {405}


def test_all_addresses_are_known_here() -> None:
    known = FOR_ALL | FOR_MEMBERS | FOR_BOTH | FOR_ANY_INSTRUCTOR
    assert set(NAMES) == known | set(OF_ONE_CLASS)
    assert all(path.startswith("teach/<int:pk>/") for path in (
        str(each.pattern) for each in urls.urlpatterns if each.name in OF_ONE_CLASS
    ))  # fmt: skip


@pytest.mark.parametrize("name", OF_ONE_CLASS)
@pytest.mark.parametrize("who", ["nobody", "student", "member", "instructor", "administrator"])
def test_a_class_is_its_instructors_alone(name: str, who: str, taught: Taught) -> None:
    client = taught.student if who == "member" else Client()
    if who in ("student", "instructor", "administrator"):
        _, client = signed_in("somebody", who)
    AuditEntry.objects.all().delete()
    before = Class.objects.values().get(), Membership.objects.values().get()
    answers = ask_both(client, path_of(name, taught))
    wanted = {"nobody": 302, "member": 302, "student": 403}.get(who, 404)
    assert answers == {wanted}
    if wanted == 302:
        looked = client.get(path_of(name, taught))
        assert looked.status_code == 405 or "/account/login/" in looked["Location"]
    assert (Class.objects.values().get(), Membership.objects.values().get()) == before
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("name", sorted(FOR_MEMBERS | FOR_BOTH))
@pytest.mark.parametrize("who", ["nobody", "student", "instructor", "former", "after"])
def test_a_members_pages_are_for_members(name: str, who: str, taught: Taught) -> None:
    client = Client()
    if who in ("student", "instructor"):
        _, client = signed_in("somebody", who)
    elif who == "former":
        client = taught.student
        taught.teacher.post(
            reverse("class-remove-member", args=[taught.course.pk, taught.member.pk])
        )
    elif who == "after":
        client = taught.student
        taught.teacher.post(reverse("class-archive", args=[taught.course.pk]))
    else:
        client.get("/lessons/images/")  # has a session, and so is a student
    assert ask_both(client, reverse(name, args=[taught.course.pk])) == {404}


@pytest.mark.parametrize("who", ["nobody", "student"])
def test_only_instructors_make_classes(who: str, client: Client, db: None) -> None:
    if who == "student":
        _, client = signed_in("somebody")
    assert ask_both(client, "/teach/new/") == {302 if who == "nobody" else 403}
    assert not Class.objects.exists()


def test_a_helper_may_all_but_choose_helpers(taught: Taught) -> None:
    _, helper = signed_in("lee", Role.INSTRUCTOR)
    edit = reverse("class-helpers", args=[taught.course.pk])
    taught.teacher.post(edit, {"add": "lee"})
    assert helper.get(reverse("class-live", args=[taught.course.pk])).status_code == 200
    assert helper.post(edit, {"add": "kim"}).status_code == 404
    person = taught.course.helpers.get()
    taught.teacher.post(edit, {"remove": person.pk})
    assert helper.get(reverse("class-live", args=[taught.course.pk])).status_code == 404


def test_who_teaches_no_more_loses_it_with_the_role(taught: Taught) -> None:
    taught.owner.role = Role.STUDENT
    taught.owner.save()
    assert taught.teacher.get(reverse("class-edit", args=[taught.course.pk])).status_code == 403
