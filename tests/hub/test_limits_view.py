"""What the page is told when a limit is near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from playground.hub import limits_view
from playground.runtime import budget, engine
from playground.runtime.config import Limits
from playground.runtime.node import Node
from playground.runtime.sandbox import Sandbox
from tests.support import Host

pytestmark = pytest.mark.sandbox


@pytest.fixture
def small(node: Node) -> Iterator[Host]:
    """A host with a disk of 256 MB and a budget of an hour."""
    sandbox = node.create(limits=Limits(disk_mb=256, cpu_seconds=3600))
    yield Host(sandbox)
    sandbox.remove()


def test_far_from_its_limits_little_is_said(small: Host) -> None:
    shown = limits_view.view(small.sandbox)
    assert set(shown) == {"memory", "disk", "inodes", "processes", "cpu", "io"}
    assert all(entry["share"] < 90 for entry in shown.values())
    assert set(shown["disk"]) == {"share", "limit"}
    assert shown["cpu"] == {"share": 0, "limit": 3600, "full": False, "percent": 5}


def test_a_full_disk_with_what_a_prune_frees(small: Host) -> None:
    small.sh("docker run busybox dd if=/dev/zero of=/hog bs=1M count=60 2>/dev/null")
    small.try_sh("dd if=/dev/zero of=/root/hog bs=1M")
    disk = limits_view.view(small.sandbox)["disk"]
    assert disk["full"]
    assert 0 <= disk["limit"] - disk["used"] <= 10 << 20
    assert 55 << 20 <= disk["frees"] <= 65 << 20
    small.sh("docker system prune -f >/dev/null; docker run --rm busybox true")
    assert not limits_view.view(small.sandbox)["disk"].get("full")


def test_a_spent_budget(small: Host) -> None:
    sandbox = small.sandbox
    limits = replace(sandbox.record.limits, cpu_seconds=1, slow_cpus=0.1)
    spent = Sandbox(sandbox.node, replace(sandbox.record, limits=limits))
    small.sh("sh -c 'ulimit -t 2; while :; do :; done'; true")
    cpu = limits_view.view(spent)["cpu"]
    assert cpu == {"share": 100, "limit": 1, "used": 0, "full": False, "percent": 10}
    assert budget.enforce(spent)
    assert limits_view.view(spent)["cpu"]["full"]


def test_one_that_has_gone_is_near_nothing(node: Node) -> None:
    sandbox = node.create()
    sandbox.remove()
    assert limits_view.view(sandbox) == {}


@pytest.mark.parametrize("answer", [[], {"Containers": 7}, {"Containers": [{}]}, "x", None])
def test_an_engine_that_lies_frees_nothing(
    monkeypatch: pytest.MonkeyPatch, host: Host, answer: object
) -> None:
    limits_view._freed.clear()
    monkeypatch.setattr(engine, "get", lambda *_, **__: answer)
    assert limits_view.prune_frees(host.sandbox) == 0
