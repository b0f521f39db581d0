"""A full disk: in bytes, in inodes, in one directory. The host lives on and can be tidied."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playground.runtime.config import Limits
from playground.runtime.node import Node
from tests.support import Host

pytestmark = pytest.mark.sandbox


@pytest.fixture
def small(node: Node) -> Iterator[Host]:
    """A host with a disk of 256 MB."""
    sandbox = node.create(limits=Limits(disk_mb=256))
    yield Host(sandbox)
    sandbox.remove()


def test_bytes(small: Host) -> None:
    full = small.try_sh("dd if=/dev/zero of=/root/hog bs=1M count=1000")
    assert b"No space left on device" in full.stderr
    assert small.sandbox.inspect().disk_bytes <= 257 << 20
    assert small.sh("echo the shell lives on") == "the shell lives on"
    assert small.sh("rm /root/hog; docker run --rm busybox echo runs") == "runs"


def test_bytes_from_a_container_and_its_volume(small: Host) -> None:
    full = small.try_sh(
        "docker run --name hog -v data:/data busybox dd if=/dev/zero of=/data/x bs=1M"
    )
    assert b"No space left" in full.stderr
    assert small.sandbox.inspect().disk_bytes <= 257 << 20
    assert small.sh("docker rm -fv hog >/dev/null; docker volume rm data") == "data"
    assert small.sh("docker run --rm busybox echo runs") == "runs"


def test_inodes(small: Host) -> None:
    full = small.try_sh(
        "mkdir /root/many; cd /root/many; for i in $(seq 1 40); do touch $(seq -f $i-%.0f 1000) "
        "2>/tmp/said || break; done; cat /tmp/said"
    )
    assert b"No space left on device" in full.stdout
    assert small.sh("df --output=iavail /root | tail -n 1") == "0"
    assert small.sh("rm -r /root/many; docker run --rm busybox echo runs") == "runs"


def test_one_students_full_disk_is_no_others(small: Host, host: Host) -> None:
    small.try_sh("dd if=/dev/zero of=/root/hog bs=1M count=1000")
    assert host.sh("dd if=/dev/zero of=/root/mine bs=1M count=64 2>/dev/null; rm -v /root/mine")
