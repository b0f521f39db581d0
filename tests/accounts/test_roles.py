from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from playground.accounts import first
from playground.accounts.models import AuditEntry, Role, User
from playground.accounts.roles import administrators_only, instructors_only, members_only
from tests.accounts.test_signing_in import make_user, sign_in

pytestmark = pytest.mark.django_db
GUARDS = {"member": members_only, "instructor": instructors_only, "admin": administrators_only}


@pytest.mark.parametrize(
    ("role", "lets"),
    [
        (Role.STUDENT, {"member"}),
        (Role.INSTRUCTOR, {"member", "instructor"}),
        (Role.ADMINISTRATOR, {"member", "instructor", "admin"}),
    ],
)
def test_who_is_let_in(role: str, lets: set[str], rf: RequestFactory) -> None:
    from django.core.exceptions import PermissionDenied

    request = rf.get("/")
    request.user = make_user(role=role)
    found = set()
    for name, guard in GUARDS.items():
        try:
            if guard(_page)(request).status_code == 200:
                found.add(name)
        except PermissionDenied:
            continue
    assert found == lets


def _page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


def test_a_role_that_is_taken_away_takes_the_rights_with_it() -> None:
    user = make_user(role=Role.ADMINISTRATOR)
    assert user.is_superuser
    user.role = Role.STUDENT
    user.save(update_fields=["role"])
    user = User.objects.get()
    assert not user.is_superuser
    assert not user.is_staff


def test_the_command_changes_a_role_and_notes_it() -> None:
    make_user()
    call_command("role", "mina", "instructor")
    assert User.objects.get().role == "instructor"
    assert AuditEntry.objects.get().detail == {"before": "student", "after": "instructor"}
    with pytest.raises(CommandError, match="sign up first"):
        call_command("role", "nobody", "instructor")
    call_command("role", "mina", "administrator")
    with pytest.raises(CommandError, match="only administrator"):
        call_command("role", "mina", "student")


def test_the_first_administrator_comes_by_the_link_once(client: Client) -> None:
    path = f"/account/first/{first.word()}/"
    assert "/account/login/" in client.get(path)["Location"]
    make_user()
    sign_in(client)
    assert client.get("/account/first/forged/").status_code == 404
    assert client.get(path).status_code == 200
    assert User.objects.get().role == "student"
    client.post(path)
    assert User.objects.get().role == "administrator"
    late = Client()
    make_user("late")
    sign_in(late, "late")
    assert late.post(path).status_code == 404
    assert User.objects.get(username="late").role == "student"
