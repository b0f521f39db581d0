"""Another OCI runtime in crun's place, where one is installed."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from playground.runtime.node import Node
from tests.support import Host

pytestmark = pytest.mark.sandbox


def test_gvisor_runs_a_whole_docker_host(node: Node) -> None:
    binary = shutil.which("runsc")
    if not binary:
        pytest.skip("runsc (gVisor) is not installed on this machine; no package registry has it")
    state = node.config.state_dir / "runsc"
    own = Node(replace(node.config, crun=binary, state_dir=state))
    try:
        host = Host(own.create())
        assert "gVisor" in host.sh("dmesg")
        assert host.sh("docker run --rm busybox echo inside") == "inside"
    finally:
        own.shutdown()


def test_only_crun_is_given_cruns_own_option(node: Node) -> None:
    for binary, given in (("crun", True), ("/opt/crun-1.2", True), ("runsc", False)):
        own = Node(replace(node.config, crun=binary))
        assert ("--cgroup-manager" in own.crun.command("list")) is given
