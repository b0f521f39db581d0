"""What a class sets for its hosts, where there are several nodes."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from playground.classes import joining, policy
from playground.classes.models import Class
from playground.sandboxes import claims, kinds, pool, room, tasks
from playground.sandboxes.models import NodeRecord, PoolWish, Sandbox
from tests.classes.conftest import Taught

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a worker was asked to make; there is none here."""
    asked: list[str] = []
    monkeypatch.setattr(tasks.create, "delay", asked.append)
    monkeypatch.setattr(tasks.refill, "delay", lambda: None)
    monkeypatch.setattr(room, "available_mb", lambda: 1 << 20)
    return asked


def test_a_class_may_be_stricter_than_the_site_and_not_laxer(
    taught: Taught, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/teach/{taught.course.pk}/"
    form = {"name": "x", "is_open": "on", "prewarm": "0"}
    for wrong in ("classroom", "lax"):
        assert taught.teacher.post(path, form | {"policy": wrong}).status_code == 400
    assert taught.teacher.post(path, form | {"policy": "hardened"}).status_code == 302
    assert policy.kind_of(Class.objects.get()) == kinds.Kind(policy="hardened")
    # Where all hosts are, a class's are no other kind: they come from the same pool.
    monkeypatch.setenv("PLAYGROUND_POLICY", "hardened")
    assert policy.kind_of(Class.objects.get()).key == ""


def test_members_get_it_and_nobody_a_pooled_one_that_is_laxer(taught: Taught) -> None:
    Class.objects.update(policy="hardened")
    Sandbox.objects.create(id="s-plain", state="pooled")
    mine = claims.claim(taught.member.student)
    assert mine.id != "s-plain"
    assert kinds.policy(mine.limits) == "hardened"
    kind = policy.kind_of(Class.objects.get())
    Sandbox.objects.create(id="s-strict", state="pooled", kind=kind.key, limits=kind.limits)
    joining.join(taught.course, "second", "Second")
    assert claims.claim("second").id == "s-strict"
    assert kinds.policy({}) == "classroom"
    assert kinds.policy({"policy": "of another version"}) == "classroom"


def test_what_is_usual_here_may_be_unusual_on_another_node(taught: Taught) -> None:
    """A node has variables of its own, so a class's limit is said even if it is the usual one."""
    Class.objects.update(memory_mb=1024)
    assert policy.kind_of(Class.objects.get()).limits == {}
    NodeRecord.objects.create(name="node-1")
    assert policy.kind_of(Class.objects.get()).limits == {"memory_mb": 1024}


def test_nodes_make_what_a_class_wishes_together(taught: Taught, settings: Any) -> None:
    settings.POOL_MIN, settings.POOL_MAX = 1, 1
    for name in ("node-1", "node-2", "node-3"):
        NodeRecord.objects.create(name=name)
    course = Class.objects.get()
    course.starts, course.prewarm, course.memory_mb = timezone.now(), 5, 512
    course.save()
    policy.prewarm(course)
    key = policy.kind_of(course).key

    def turn() -> list[tuple[str, str]]:
        """Each node takes one place, if it finds any; they are made afterwards."""
        taken = []
        for name in ("node-1", "node-2", "node-3"):
            settings.NODE = name
            if wished := pool.wish():
                taken.append((wished.kind, wished.node))
        for kind, name in taken:
            Sandbox.objects.filter(state="requested", kind=kind, node=name).update(
                state="pooled", owner=""
            )
        return taken

    made = []
    while taken := turn():
        made += taken
    assert sorted(made).count(("", "node-1")) == 1  # each has its own besides
    of_the_class = [name for kind, name in made if kind == key]
    assert len(of_the_class) == 5
    assert len(set(of_the_class)) > 1
    for name in ("node-1", "node-2", "node-3"):
        settings.NODE = name
        assert pool.surplus() == []
    PoolWish.objects.all().delete()
    gone = []
    for name in ("node-1", "node-2", "node-3"):
        settings.NODE = name
        gone += pool.surplus()
    assert len(gone) == 5
