from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from playground.accounts.models import AuditEntry, Role
from playground.operators import nodes, overview
from playground.sandboxes import asking
from playground.sandboxes.models import NodeRecord, Sandbox
from tests.accounts.test_signing_in import make_user, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    make_user("operator", Role.ADMINISTRATOR)
    sign_in(client, "operator")
    return client


@pytest.fixture
def row(removed: list[str]) -> list[str]:
    """Two nodes that report and one that is lost; returns what is asked to be removed."""
    facts: dict[str, Any] = {"catalogue": "a" * 16, "version": "0.1.0", "places": 3}
    NodeRecord.objects.create(name="node-1", memory_mb=4096, disk_mb=9000, pids=30000, **facts)
    NodeRecord.objects.create(name="node-2", **facts | {"version": "0.2.0"})
    long_ago = timezone.now() - timedelta(seconds=90)
    NodeRecord.objects.create(name="node-3", state="lost", reported=long_ago, **facts)
    for number, state in enumerate(("ready", "ready", "pooled", "requested")):
        Sandbox.objects.create(id=f"s-{number}", owner=f"o{number}", node="node-1", state=state)
    Sandbox.objects.create(id="s-9", owner="o9", node="node-2", state="pooled")
    return removed


def test_all_nodes_are_shown_with_what_differs(operator: Client, row: list[str]) -> None:
    found = {each.name: each for each in nodes.rows()}
    first, second, lost = found["node-1"], found["node-2"], found["node-3"]
    assert (first.students, first.pooled, first.places, first.memory_mb) == (2, 1, 3, 4096)
    assert (second.students, second.pooled) == (0, 1)
    assert first.heard is not None
    assert first.heard < 30
    assert (lost.state, lost.heard, lost.places) == ("lost", 90, 0)
    assert [each.other_version for each in (first, second, lost)] == [False, True, False]
    page = operator.get("/operator/nodes/").content.decode()
    for text in ("node-1", "node-2", "node-3", "4096 MB", "9000 MB", "30000", "90 s ago"):
        assert text in page
    table = operator.get("/operator/nodes/?part=table").content.decode()
    assert table.startswith("<table")


def test_a_node_is_drained_and_taken_back(operator: Client, row: list[str]) -> None:
    assert operator.post("/operator/nodes/node-1/act/", {"verb": "drain"}).status_code == 302
    node = NodeRecord.objects.get(name="node-1")
    assert (node.state, node.drain) == ("draining", True)
    # What waited or was being made goes; students stay.
    assert sorted(row) == ["s-2", "s-3"]
    states = dict(Sandbox.objects.values_list("id", "state"))
    assert states == {
        "s-0": "ready", "s-1": "ready", "s-2": "removed", "s-3": "removed", "s-9": "pooled"
    }  # fmt: skip
    operator.post("/operator/nodes/node-1/act/", {"verb": "up"})
    node.refresh_from_db()
    assert (node.state, node.drain) == ("up", False)
    logged = AuditEntry.objects.order_by("at").values_list("action", "target", "name")
    assert list(logged) == [
        ("node.drain", "node node-1", "operator"),
        ("node.up", "node node-1", "operator"),
    ]


def test_only_a_lost_node_is_forgotten(operator: Client, row: list[str]) -> None:
    answer = operator.post("/operator/nodes/node-1/act/", {"verb": "forget"}, follow=True)
    assert "It still reports" in answer.content.decode()
    operator.post("/operator/nodes/node-3/act/", {"verb": "forget"})
    assert list(NodeRecord.objects.values_list("name", flat=True)) == ["node-1", "node-2"]
    assert AuditEntry.objects.get().action == "node.forget"


def test_what_is_unknown_is_refused(operator: Client, row: list[str]) -> None:
    assert operator.post("/operator/nodes/node-1/act/", {"verb": "explode"}).status_code == 400
    assert operator.post("/operator/nodes/node-9/act/", {"verb": "drain"}).status_code == 404
    assert operator.get("/operator/nodes/node-1/act/").status_code == 405
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("role", [None, Role.STUDENT, Role.INSTRUCTOR])
def test_nobody_else_drains(role: str | None, client: Client, row: list[str]) -> None:
    if role:
        make_user("somebody", role)
        sign_in(client, "somebody")
    for verb in nodes.VERBS:
        answer = client.post("/operator/nodes/node-3/act/", {"verb": verb})
        assert answer.status_code == (403 if role else 302)
    assert client.get("/operator/nodes/").status_code == (403 if role else 302)
    assert NodeRecord.objects.filter(drain=False).count() == 3
    assert not row


def test_one_machine_has_a_row_too(operator: Client) -> None:
    (only,) = nodes.rows()
    assert (only.name, only.state, only.heard) == ("local", "lost", None)  # no hub runs here
    page = operator.get("/operator/nodes/").content.decode()
    assert "does not answer" in page
    assert "/act/" not in page


async def test_every_node_is_asked_but_lost_ones(
    monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    asked: list[str] = []

    async def answer(*_: object, to: NodeRecord | None = None, **__: object) -> dict[str, Any]:
        asked.append(to.name if to else "local")
        if to and to.name == "node-2":
            raise asking.NoAnswer
        return {"machine": {"memory": [1, 2]}, "sandboxes": {}}

    monkeypatch.setattr(asking, "ask", answer)
    assert list(await asking.ask_nodes()) == ["local"]
    for name, state in (("node-1", "up"), ("node-2", "draining"), ("node-3", "lost")):
        await NodeRecord.objects.acreate(name=name, state=state)
    asked.clear()
    found = await asking.ask_nodes()
    assert sorted(asked) == ["node-1", "node-2"]
    assert found["node-2"] is None
    assert found["node-1"]


def test_machines_are_added_up() -> None:
    one: dict[str, Any] = {"memory": [1, 4], "disk": [2, 9], "cpus": 2, "load": [0.1, 0.2, 0.3]}
    both = overview.machines([one, one])
    assert both == {"memory": [2, 8], "disk": [4, 18], "cpus": 4, "load": [0.2, 0.4, 0.6]}
    assert overview.machines([]) is None
