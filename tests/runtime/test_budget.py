"""Processor time that is used up leaves a slow host, not a dead one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from playground.runtime import budget
from playground.runtime.config import Limits
from playground.runtime.node import Node
from playground.runtime.sandbox import Sandbox
from tests.support import Host, wait_until

pytestmark = pytest.mark.sandbox


@contextmanager
def _with_budget(node: Node, seconds: int) -> Iterator[Host]:
    sandbox = node.create(limits=Limits(cpu_seconds=seconds))
    try:
        yield Host(sandbox)
    finally:
        sandbox.remove()


def _start_seconds(node: Node) -> int:
    """Processor time that a start takes on this machine: an emulated one needs ten times more."""
    sandbox = node.create()
    try:
        return round(sandbox.group.cpu_seconds())
    finally:
        sandbox.remove()


def _share(sandbox: Sandbox, seconds: float = 2.0) -> float:
    """CPUs that the sandbox uses now."""
    before, started = sandbox.group.cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    return (sandbox.group.cpu_seconds() - before) / (time.monotonic() - started)


_BURN = "(while :; do :; done) >/dev/null 2>&1 &"


def test_a_spent_budget_slows_the_host_and_the_shell_lives_on(node: Node) -> None:
    with _with_budget(node, budgeted := 2 * _start_seconds(node) + 2) as host:
        assert not budget.enforce(host.sandbox)
        host.sh(_BURN)
        wait_until(lambda: budget.enforce(host.sandbox), seconds=60)
        assert budget.used_seconds(host.sandbox) >= budgeted
        assert _share(host.sandbox) < 0.1
        assert budget.enforce(host.sandbox)  # once more does no harm
        host.sh("kill $(pgrep -f '^bash -c .while') 2>/dev/null; true")
        assert host.sh("echo alive") == "alive"


def test_what_a_student_gave_a_container_does_not_keep_it_fast(node: Node) -> None:
    """On cgroup v1 the kernel refuses less than a group below has."""
    with _with_budget(node, 1) as host:
        host.sh("docker run -d --name hog --cpus 0.5 busybox sh -c 'while :; do :; done'")
        wait_until(lambda: budget.enforce(host.sandbox), seconds=60)
        assert not host.sandbox.group.is_frozen()
        assert host.sandbox.group.cpus() == pytest.approx(0.05)
        assert _share(host.sandbox) < 0.1
        assert host.sh("docker ps -q | wc -l") == "1"


def test_without_a_budget_nothing_is_slowed(node: Node) -> None:
    with _with_budget(node, 0) as host:
        assert not budget.enforce(host.sandbox)
        assert host.sandbox.group.cpus() == 1.0


def test_a_disk_that_is_started_again_has_the_rest_of_its_budget(node: Node) -> None:
    with _with_budget(node, 100) as host:
        sandbox = host.sandbox
        host.sh("timeout 1 sh -c 'while :; do :; done'; true")
        budget.enforce(sandbox)
        used = budget.used_seconds(sandbox)
        assert used >= 0.5
        # Another run of the same disk: its counter starts at zero, its past does not.
        again = Sandbox(node, replace(sandbox.record, boot_id="another"))
        counted = again.group.cpu_seconds()
        assert budget.used_seconds(again) >= used + counted
        budget.enforce(again)
        assert budget.used_seconds(again) >= used + counted
        assert budget.used_seconds(again) < used + 2 * counted
