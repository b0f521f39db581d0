"""Three nodes and two web processes: one node is killed, one cut off, and losses are counted."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from playground.sandboxes.claims import NODE_LOST
from tests.nodes.row import FRONT, Row
from tests.nodes.student import Student
from tests.site.people import PASSWORD
from tests.support import wait_until

FULL = os.environ.get("PLAYGROUND_FULL") == "1"
#: Seconds that a student may be without a terminal: 12 until a node counts as lost, 2 until the
#: beat looks, and a new sandbox. Doubled, for a machine of two cores runs all of this and more.
MOST_AWAY = 45.0
_HOSTS = [f"{FRONT}:8001", f"{FRONT}:8002"]
_LOOK = """
import json
from playground.sandboxes.models import NodeRecord, Sandbox
print("LOOK" + json.dumps({
    "nodes": {n.name: [n.state, n.places] for n in NodeRecord.objects.all()},
    "rows": list(Sandbox.objects.values_list("id", "owner", "state", "node", "error")),
}))
"""


@pytest.fixture(scope="module")
def row(fit_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Row]:
    row = Row(tmp_path_factory.mktemp("row"))
    try:
        row.web(1)
        wait_until(lambda: "serving on" in row.logs(), 120)
        row.web(2)
        for number, most in ((1, 4), (2, 4), (3, 3)):
            row.node(number, most)
        wait_until(lambda: row.logs().count("serving on") == 2, 120)
        yield row
    finally:
        print(row.logs())
        row.close()


def look(row: Row) -> dict[str, dict[str, list[object]]]:
    said = row.manage("shell", "-c", _LOOK)
    found: dict[str, dict[str, list[object]]] = json.loads(said.partition("LOOK")[2])
    return found


def living(row: Row) -> list[list[str]]:
    return [each for each in look(row)["rows"] if each[2] == "ready"]  # type: ignore[misc]


_CLASS = """
from playground.accounts.models import User
from playground.classes.models import Class, Membership
from playground.sandboxes import claims
kim = User.objects.create(username="kim", role="instructor")
course = Class.objects.create(name="x", owner=kim, memory_mb=512, cpus=0.5, policy="hardened")
for n in range(6):
    Membership.objects.create(course=course, student=f"member-{n}", name=f"M{n}")
    claims.claim(f"member-{n}")
"""
_CLASS_ENDS = """
from playground.sandboxes import claims, tasks
from playground.sandboxes.models import Sandbox
for each in Sandbox.objects.filter(owner__startswith="member-"):
    if claims.give_up(each.id, "the test is over"):
        tasks.remove.delay(each.id)
"""


def test_what_a_class_sets_holds_on_every_node(row: Row) -> None:
    wait_until(lambda: len(look(row)["nodes"]) == 3, 90)
    row.manage("shell", "-c", _CLASS)
    try:
        wait_until(lambda: len(living(row)) == 6, 120)
        rows = living(row)
        assert len({each[3] for each in rows}) > 1, rows
        for sandbox_id, _, _, name, _ in rows:
            file = row.var(name) / "node" / "sandboxes" / sandbox_id / "sandbox.json"
            made = json.loads(file.read_text())
            assert (made["limits"]["memory_mb"], made["limits"]["cpus"]) == (512, 0.5)
            assert made["policy"] == "hardened"
            asked = json.loads(file.with_name("config.json").read_text())
            assert "PLAYGROUND_POLICY=hardened" in asked["process"]["env"]
    finally:
        row.manage("shell", "-c", _CLASS_ENDS)
    wait_until(lambda: not living(row), 60)


def test_nothing_is_lost_but_what_lay_on_the_killed_node(row: Row) -> None:
    wait_until(lambda: len(look(row)["nodes"]) == 3, 90)
    front = row.spaces["front"]
    students = [Student(front, _HOSTS[n % 2 :] + _HOSTS[: n % 2]) for n in range(5 if FULL else 4)]
    try:
        wait_until(lambda: all(each.pongs > 1 for each in students), 120)
        before = living(row)
        assert len(before) == len(students)
        used = sorted({each[3] for each in before})
        assert len(used) > 1, used  # the queue is shared
        killed = used[0]
        for each in students:
            each.forget()
        row.kill(killed)
        hit = [each for each in before if each[3] == killed]
        wait_until(lambda: sum(len(each.shells) > 1 for each in students) == len(hit), MOST_AWAY)
        after = living(row)
        kept = {each[0] for each in before if each[3] != killed}
        assert kept <= {each[0] for each in after}
        assert len({each[1] for each in after}) == len(after) == len(students)
        assert not [each for each in after if each[3] == killed]
        assert sum(b'"moved"' in b"".join(each.told) for each in students) == len(hit)
        assert max(each.gap() for each in students) < MOST_AWAY
        states = look(row)["nodes"]
        assert states[killed][0] == "lost"
        if FULL:
            cut_off(row, students, killed)
    finally:
        for each in students:
            each.close()
            print(each.pongs, each.shells, each.longest, each.errors[-3:], each.told[-3:])


def cut_off(row: Row, students: list[Student], killed: str) -> None:
    """The killed one comes back empty; another loses its cable, and comes back without doubles."""
    row.node(int(killed[-1]), 4)
    wait_until(lambda: look(row)["nodes"][killed][0] == "up", 60)
    before = living(row)
    cut = before[0][3]
    hit = {each[0] for each in before if each[3] == cut}
    for each in students:
        each.forget()
    row.cut(int(cut[-1]))
    wait_until(lambda: all(each[3] != cut for each in living(row)), MOST_AWAY)
    wait_until(lambda: len(living(row)) == len(students), MOST_AWAY)
    wait_until(lambda: all(each.gap() < MOST_AWAY for each in students), MOST_AWAY)
    row.mend(int(cut[-1]))
    wait_until(lambda: look(row)["nodes"][cut][0] == "up", 60)
    lost = {each[0] for each in look(row)["rows"] if str(each[4]).startswith(NODE_LOST)}
    assert hit <= lost
    state = row.var(cut) / "node"
    wait_until(lambda: not any(list(state.rglob(one)) for one in hit), 90)
    owners = [each[1] for each in living(row)]
    assert len(set(owners)) == len(owners) == len(students)
    row.manage("node", "drain", killed, "--end")
    wait_until(lambda: all(each[3] != killed for each in living(row)), MOST_AWAY)
    wait_until(lambda: len(living(row)) == len(students), MOST_AWAY)


_ADMINISTRATOR = f"""
from playground.accounts.models import User
User.objects.create_superuser("operator", password={PASSWORD!r})
"""


@pytest.fixture
def operator(row: Row, tmp_path: Path) -> Iterator[Page]:
    """An administrator at the page of the nodes, by a browser where the web machines are."""
    row.manage("shell", "-c", _ADMINISTRATOR)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium
    inside = tmp_path / "chromium"
    inside.write_text(f'#!/bin/sh\nexec {shlex.join(row.spaces["front"].command(chromium))} "$@"\n')
    inside.chmod(0o755)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=inside, args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            context = browser.new_context(base_url=f"http://{_HOSTS[1]}", locale="en-US")
            page = context.new_page()
            page.goto("/account/login/?next=/operator/nodes/")
            page.locator("#id_login").fill("operator")
            page.locator("#id_password").fill(PASSWORD)
            page.locator("main form button").first.click()
            expect(page.get_by_role("heading", name="Nodes")).to_be_visible()
            yield page
        finally:
            browser.close()


def test_an_operator_drains_a_node_and_takes_it_back(row: Row, operator: Page) -> None:
    """After the test above, so one of three nodes may be lost."""
    wait_until(lambda: sum(each[0] == "up" for each in look(row)["nodes"].values()) >= 2, 90)
    states = look(row)["nodes"]
    name = next(name for name, (state, _) in sorted(states.items()) if state == "up")
    rows = operator.locator("[data-node]")
    expect(rows).to_have_count(len(states))
    mine = operator.locator(f"[data-node={name}]")
    expect(mine).to_contain_text("takes new ones")
    expect(mine).to_contain_text("MB")

    # By the keyboard, and only after the question.
    drain = operator.get_by_role("button", name=f"Drain {name}")
    operator.once("dialog", lambda dialog: dialog.dismiss())
    drain.press("Enter")
    assert look(row)["nodes"][name][0] == "up"
    operator.once("dialog", lambda dialog: dialog.accept())
    drain.press("Enter")
    expect(mine).to_contain_text("is drained")
    wait_until(lambda: not pooled(row, name), 60)
    assert look(row)["nodes"][name][0] == "draining"
    operator.wait_for_timeout(4000)  # its next report does not undo it, and the page follows
    expect(mine).to_contain_text("is drained")

    # What the other nodes say of themselves is on the first page too.
    operator.goto("/operator/")
    expect(operator.locator(".tile").first).to_contain_text("GB")
    expect(operator.locator("[data-no-node]")).to_be_hidden()

    operator.goto("/operator/nodes/")
    operator.once("dialog", lambda dialog: dialog.accept())
    operator.get_by_role("button", name=f"Take {name} back").click()
    expect(mine).to_contain_text("takes new ones")
    assert look(row)["nodes"][name][0] == "up"
    operator.goto("/operator/log/?action=node.drain")
    expect(operator.locator("tbody")).to_contain_text(f"node {name}")


def pooled(row: Row, name: str) -> bool:
    rows: list[list[str]] = look(row)["rows"]  # type: ignore[assignment]
    return any(each[2] == "pooled" and each[3] == name for each in rows)
