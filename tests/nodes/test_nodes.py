"""Three nodes and two web processes: one node is killed, one cut off, and losses are counted."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from playground.sandboxes.claims import NODE_LOST
from tests.nodes.row import FRONT, Row
from tests.nodes.student import Student
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
