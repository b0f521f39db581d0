from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from playground.accounts import personal_data
from playground.accounts.models import AuditEntry
from playground.accounts.signals import student_moves
from playground.classes import joining, policy, saying
from playground.classes.forms import read_time
from playground.classes.models import Class, Failure, HelpRequest, Membership, Message
from playground.sandboxes import claims, kinds, pool, room, tasks
from playground.sandboxes.models import PoolWish, Sandbox
from playground.sandboxes.ports import access, names
from tests.classes.conftest import LESSON, Taught, signed_in

pytestmark = pytest.mark.django_db


def test_a_code_is_read_as_people_type_it(taught: Taught) -> None:
    code = taught.course.code
    for text in (code, code.lower(), f"  {code[:4]}-{code[4:]} "):
        assert joining.by_code(text, "n") == taught.course
    assert joining.by_code("", "n") is None
    Class.objects.update(is_open=False)
    assert joining.by_code(code, "n") is None
    assert joining.by_token(taught.course.token) is None


def test_guessing_codes_ends(taught: Taught) -> None:
    client = Client()
    for _ in range(60):
        assert client.post("/classes/join/", {"code": "WRONG", "name": "x"}).status_code == 400
    answer = client.post("/classes/join/", {"code": taught.course.code, "name": "x"})
    assert answer.status_code == 400
    assert "ten minutes" in answer.content.decode()
    # The invitation's link is no guess.
    path = f"/classes/join/{taught.course.token}/"
    assert client.post(path, {"name": "x"}).status_code == 302


def test_a_new_invitation_makes_the_old_one_void(taught: Taught) -> None:
    old = taught.course.token
    taught.teacher.post(f"/teach/{taught.course.pk}/invitation/")
    assert Client().get(f"/classes/join/{old}/").status_code == 404
    assert AuditEntry.objects.get().action == "class.new_invitation"


def test_joining_again_changes_the_name_and_names_are_clean(taught: Taught) -> None:
    path = f"/classes/join/{taught.course.token}/"
    taught.student.post(path, {"name": " Mina\u202e\x00 \n Kim " + "x" * 99})
    name = Membership.objects.get().name
    assert name.startswith("Mina Kim x")
    assert len(name) == 60
    assert taught.student.post(path, {"name": " \u200e "}).status_code == 400


def test_signing_in_takes_the_membership_along(taught: Taught) -> None:
    user, _ = signed_in("mina")
    old = taught.member.student
    Failure.objects.create(member=taught.member, lesson=LESSON, step="x", line="y", code=1)
    student_moves.send(type(user), old=old, new=user.student, session={})
    assert Membership.objects.get().student == user.student
    # Of two memberships in one class the account's stays, with what both did.
    joining.join(taught.course, "another", "Mina again")
    student_moves.send(type(user), old="another", new=user.student, session={})
    assert Membership.objects.get().name == "Mina"
    assert Failure.objects.count() == 1


def test_going_on_at_another_machine_takes_it_along(taught: Taught) -> None:
    other = Client()
    page = other.post("/progress/carry/").content.decode()
    link = page.split('value="http://testserver')[1].split('"')[0]
    taught.student.post(link)
    there = str(other.session["student"])
    assert Membership.objects.get().student == there == taught.student.session["student"]


def test_export_and_removal_have_it_all(taught: Taught) -> None:
    student = taught.member.student
    saying.ask_for_help(taught.member)
    saying.say(taught.course, taught.owner, "text", "to you alone", taught.member)
    Failure.objects.create(member=taught.member, lesson=LESSON, step="x", line="oops", code=1)
    found = personal_data.collect(student, None)
    assert found["classes"][0]["course__name"] == "Tuesdays"
    assert found["failed_lines"][0]["line"] == "oops"
    assert found["class_messages"][0]["text"] == "to you alone"
    assert len(found["help_asked"]) == 1
    personal_data.remove(student, None)
    for model in (Membership, Failure, HelpRequest, Message):
        assert not model.objects.exists()


def test_messages_are_theirs_and_since_they_joined(taught: Taught) -> None:
    saying.say(taught.course, taught.owner, "text", "for <all>")
    joining.join(taught.course, "other", "Other")
    other = Membership.objects.get(student="other")
    saying.say(taught.course, taught.owner, "text", "for other", other)
    assert [m.text for m in saying.messages_for(taught.member)] == ["for <all>"]
    assert [m.text for m in saying.messages_for(other)] == ["for other"]
    page = taught.student.get(f"/classes/{taught.course.pk}/").content.decode()
    assert "for &lt;all&gt;" in page
    assert "for other" not in page
    now = taught.student.get("/classes/now/").json()
    assert [each["text"] for each in now["messages"]] == ["for <all>"]


@pytest.mark.parametrize("text", ["two\nlines", "a\rb", "\x1b[2Jhidden", "x" * 501, "rtl\u202e"])
def test_a_command_is_one_line_that_hides_nothing(text: str, taught: Taught) -> None:
    path = f"/teach/{taught.course.pk}/say/"
    answer = taught.teacher.post(path, {"kind": "command", "text": text})
    assert answer.status_code == 409
    assert not Message.objects.exists()


def test_all_that_an_instructor_does_is_noted(taught: Taught, settings: Any) -> None:
    pk, who = taught.course.pk, taught.member.pk
    form = {"name": "Wednesdays", "is_open": "on", "prewarm": "0"}
    lessons = {"lesson": ["images"], "order-images": "2"}
    saying.ask_for_help(taught.member)
    for path, given in [
        ("", form),
        ("lessons/", lessons),
        ("say/", {"text": "hello"}),
        ("say/", {"kind": "command", "text": "docker ps", "member": str(who)}),
        (f"helped/{who}/", {}),
        ("project/", {"terminal": "main"}),
        ("project/", {"stop": "1"}),
        ("archive/", {}),
        (f"remove/{who}/", {}),
    ]:
        assert taught.teacher.post(f"/teach/{pk}/{path}", given).status_code in (200, 302), path
    taught.teacher.get(f"/teach/{pk}/report.csv")
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == [
        "class.change", "class.lessons", "class.message", "class.command", "class.helped",
        "class.project", "class.project_end", "class.archive", "class.member_remove",
        "class.export",
    ]  # fmt: skip
    assert AuditEntry.objects.filter(target=f"class {pk}").count() == len(actions)


def test_times_are_the_browsers_zones() -> None:
    found = read_time("2031-03-04T10:00", "Asia/Seoul")
    assert found
    assert found.isoformat() == "2031-03-04T01:00:00+00:00"
    assert read_time("2031-03-04T10:00", "../../etc/passwd").isoformat().endswith("10:00:00+00:00")  # type: ignore[union-attr]
    assert read_time(" ", "") is None
    for bad in ("soon", "0001-01-01T00:00"):
        with pytest.raises(ValueError, match=r".+"):
            read_time(bad, "Asia/Seoul")


# The hosts of a class.


def test_limits_stay_within_the_operators(taught: Taught, settings: Any) -> None:
    path = f"/teach/{taught.course.pk}/"
    form = {"name": "x", "is_open": "on", "prewarm": "0"}
    for wrong in ({"memory_mb": "2048"}, {"cpus": "nan"}, {"memory_mb": "1"}, {"prewarm": "3"}):
        assert taught.teacher.post(path, form | wrong).status_code == 400, wrong
    settings.CLASS_MEMORY_MB = 4096
    assert taught.teacher.post(path, form | {"memory_mb": "2048"}).status_code == 302
    course = Class.objects.get()
    assert policy.kind_of(course) == kinds.Kind(memory_mb=2048)
    settings.CLASS_MEMORY_MB = 1500  # the operator thinks again
    assert policy.kind_of(course) == kinds.Kind(memory_mb=1500)
    Class.objects.update(memory_mb=1024)
    assert policy.kind_of(Class.objects.get()).key == ""


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a worker was asked to make; there is none here."""
    asked: list[str] = []
    monkeypatch.setattr(tasks.create, "delay", asked.append)
    monkeypatch.setattr(tasks.refill, "delay", lambda: None)
    monkeypatch.setattr(room, "available_mb", lambda: 1 << 20)
    return asked


def test_a_pooled_host_of_another_kind_is_not_given(taught: Taught, queued: list[str]) -> None:
    Class.objects.update(memory_mb=512, life_minutes=30)
    kind = policy.kind_of(Class.objects.get())
    Sandbox.objects.create(id="s-plain", state="pooled")
    mine = claims.claim(taught.member.student)
    assert mine.id != "s-plain"
    assert (mine.state, mine.limits, mine.life) == ("requested", {"memory_mb": 512}, 30)
    assert queued == [mine.id]
    Sandbox.objects.create(id="s-small", state="pooled", kind=kind.key, limits=kind.limits)
    assert claims.claim("somebody else").id == "s-plain"
    joining.join(taught.course, "second", "Second")
    second = claims.claim("second")
    assert (second.id, second.life_minutes) == ("s-small", 30)
    Sandbox.objects.filter(id="s-small").update(claimed=timezone.now() - timedelta(minutes=31))
    second.refresh_from_db()
    assert second.is_over()


def test_hosts_are_made_ahead_and_no_more_than_wished(
    taught: Taught, queued: list[str], settings: Any
) -> None:
    settings.POOL_MIN, settings.POOL_MAX = 1, 2
    course = Class.objects.get()
    course.starts, course.prewarm, course.memory_mb = timezone.now(), 4, 512
    course.save()
    policy.prewarm(course)
    kind = policy.kind_of(course).key
    made = []
    while wished := pool.wish():
        Sandbox.objects.filter(id=wished.id).update(state="pooled", owner="")
        made.append((wished.kind, wished.limits))
    assert sorted(made, key=str) == [("", {}), *[(kind, {"memory_mb": 512})] * 4]
    assert pool.surplus() == []
    for n in range(2):
        joining.join(course, f"s{n}", f"S{n}")
        assert claims.claim(f"s{n}").state == "ready"
    assert pool.target(kind) == 2
    assert pool.surplus() == []
    # Full memory is no wish's to use.
    room_left = pool.has_memory
    assert room_left()
    course.archived = timezone.now()
    course.save()
    policy.prewarm(course)
    assert not PoolWish.objects.exists()
    assert len(pool.surplus()) == 2


def test_a_wish_does_not_go_beyond_the_machine(
    taught: Taught, queued: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    course = Class.objects.get()
    course.starts, course.prewarm = timezone.now(), 50
    course.save()
    policy.prewarm(course)
    assert pool.target() == 50
    monkeypatch.setattr(room, "available_mb", lambda: 300)
    assert pool.wish() is None
    # Nor before its time.
    PoolWish.objects.update(since=timezone.now() + timedelta(minutes=1))
    assert pool.target() < 50


def test_an_instructor_gets_into_a_members_port_and_that_is_noted(taught: Taught) -> None:
    path = reverse("class-port", args=[taught.course.pk, taught.member.pk])
    assert taught.teacher.get(path, {"port": "8080"}).status_code == 404  # no host yet
    Sandbox.objects.create(id="s-port", owner=taught.member.student, state="ready")
    for bad in ("", "0", "65536", "x"):
        assert taught.teacher.get(path, {"port": bad}).status_code == 400
    answer = taught.teacher.get(path, {"port": "8080"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("http://8080--")
    ticket = parse_qs(urlsplit(answer["Location"]).query)["ticket"][0]
    name = names.parse(urlsplit(answer["Location"]).netloc)
    assert name
    found = access.read_ticket(ticket, name)
    assert found
    assert found[0] == access.Pass("s-port", 8080)
    assert AuditEntry.objects.filter(action="class.port").count() == 1
