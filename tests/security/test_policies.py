"""What each policy lets a student do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node
from tests.support import Host, wait_until

pytestmark = pytest.mark.sandbox

_PACKET_FILTER = (
    "docker run --rm --privileged --security-opt seccomp=unconfined python python3 -c "
    "'import socket; socket.socket(16, 3, 12)'"
)


@pytest.fixture(scope="module")
def hardened(node: Node) -> Iterator[Host]:
    """A host under the policy ``hardened``."""
    config = replace(node.config, policy="hardened", state_dir=node.config.state_dir / "hardened")
    strict = Node(config)
    yield Host(strict.create())
    strict.shutdown()


def test_an_unknown_policy_is_said() -> None:
    with pytest.raises(ValueError, match="PLAYGROUND_POLICY='lax' is none of classroom, hardened"):
        RuntimeConfig.from_environ({"PLAYGROUND_POLICY": "lax"})


def test_classroom_has_the_packet_filter(host: Host) -> None:
    host.sh(_PACKET_FILTER)
    host.sh("nft list ruleset")


def test_one_sandbox_alone_is_hardened_and_stays_so(node: Node) -> None:
    sandbox = node.create("strict", policy="hardened")
    try:
        for _ in range(2):
            assert Host(sandbox).try_sh("nft list ruleset").returncode != 0
            assert b"Function not implemented" in Host(sandbox).try_sh(_PACKET_FILTER).stderr
            sandbox.group.kill()
            wait_until(lambda: not node.get("strict").is_alive())
            sandbox = node.create("strict")  # as when it is started again: nobody says it anew
        assert sandbox.record.policy == "hardened"
    finally:
        node.clear("strict")
    with pytest.raises(ValueError, match="lax"):
        node.create("lax", policy="lax")


def test_a_hardened_node_is_never_softened(hardened: Host) -> None:
    strict = hardened.sandbox.node
    sandbox = strict.create("soft", policy="classroom")
    try:
        assert Host(sandbox).try_sh("nft list ruleset").returncode != 0
    finally:
        strict.clear("soft")


def test_hardened_has_none_even_for_a_privileged_container(hardened: Host) -> None:
    refused = hardened.try_sh(_PACKET_FILTER)
    assert b"Function not implemented" in refused.stderr
    assert hardened.try_sh("nft list ruleset").returncode != 0
    assert hardened.try_sh("iptables -L").returncode != 0
    hardened.sh("ip link show lo")  # other netlink is what `ip` and the engine need


def test_hardened_still_runs_builds_and_publishes(hardened: Host) -> None:
    hardened.sh("docker run -d --name web -p 8080:80 webapp")
    assert (
        hardened.sh(
            "for i in $(seq 50); do curl -so /dev/null localhost:8080 && break; sleep 0.1; done; "
            "curl -so /dev/null -w '%{http_code}' localhost:8080"
        )
        == "200"
    )
    address = hardened.sh("docker inspect -f '{{.NetworkSettings.IPAddress}}' web")
    hardened.sh(f"docker run --rm busybox wget -qO- http://{address} >/dev/null")
    built = hardened.sh(
        "printf 'FROM busybox\\nRUN echo hi > /hi' | docker build -q -t b - && docker run --rm b cat /hi"
    )
    assert built.endswith("hi")


def test_what_stops_working_under_hardened(hardened: Host) -> None:
    """`docs/security.md` says it: names on a user network are answered through the packet filter."""
    hardened.sh(
        "docker network create town && docker run -d --name home --network town busybox sleep 60"
    )
    asked = hardened.try_sh(
        "docker run --rm --network town busybox ping -c 1 -W 1 home", seconds=30
    )
    assert asked.returncode != 0
