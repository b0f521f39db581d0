"""Logs do not fill the disk: those of containers and the engine's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playground.runtime.config import Limits
from playground.runtime.node import Node
from tests.support import Host, wait_until

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def small(node: Node) -> Iterator[Host]:
    """A host whose containers may log 2 MB each."""
    sandbox = node.create(limits=Limits(log_mb=2))
    yield Host(sandbox)
    sandbox.remove()


def test_a_containers_log_stays_bounded_and_can_be_read(small: Host) -> None:
    container = small.sh("docker run -d busybox seq 1 1000000")
    small.sh(f"docker wait {container}")
    files = f"/var/lib/docker/containers/{container}/{container}-json.log*"
    assert 1 << 20 <= int(small.sh(f"cat {files} | wc -c")) <= 2.1 * (1 << 20)
    assert small.sh(f"docker logs --tail 2 {container}").split() == ["999999", "1000000"]
    assert small.sh(f"docker logs {container} | wc -l") != "1000000"


def test_the_default_is_ten_megabytes(host: Host) -> None:
    assert '"max-size": "5m", "max-file": "2"' in host.sh("cat /etc/docker/daemon.json")


def test_the_engines_own_log_starts_over(small: Host) -> None:
    small.sh("head -c 5000000 /dev/zero >> /var/log/engine/dockerd.log")
    wait_until(lambda: int(small.sh("stat -c %s /var/log/engine/dockerd.log")) < 1_000_000, 40)
    assert small.sh("docker run --rm busybox echo runs") == "runs"
