"""How fast a sandbox may write and read, measured where no cache hides it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from playground.runtime import blockio
from playground.runtime.config import Limits
from playground.runtime.node import Node
from tests.support import Host

pytestmark = pytest.mark.sandbox

_LIMIT, _WRITTEN = 5, 15  # MB a second, MB


@pytest.fixture(scope="module")
def slow(node: Node) -> Iterator[Host]:
    """A host whose disk is slow."""
    sandbox = node.create(limits=Limits(io_mbps=_LIMIT))
    if not blockio.is_available(sandbox.group):
        sandbox.remove()
        pytest.skip("this machine has no cgroup controller for block I/O")
    yield Host(sandbox)
    sandbox.remove()


def _seconds(host: Host, script: str) -> float:
    started = time.monotonic()
    host.sh(script)
    return time.monotonic() - started


_DD = f"dd bs=1M count={_WRITTEN}"
_WRITE = f"{_DD} if=/dev/zero of=/root/file oflag=direct"


def test_writing_and_reading_keep_to_the_limit(slow: Host) -> None:
    assert _seconds(slow, _WRITE) >= 0.8 * _WRITTEN / _LIMIT
    assert _seconds(slow, f"{_DD} if=/root/file of=/dev/null iflag=direct") >= (
        0.8 * _WRITTEN / _LIMIT
    )
    assert slow.sh("echo the shell lives on") == "the shell lives on"


def test_a_container_keeps_to_it_too(slow: Host) -> None:
    slow.sh("docker run -d --rm --name writer -v /root:/data busybox sleep 600")
    inside = _WRITE.replace("/root", "/data")
    try:
        assert _seconds(slow, f"docker exec writer {inside}") >= 0.8 * _WRITTEN / _LIMIT
    finally:
        slow.sh("docker rm -f writer")


def test_no_group_inside_gets_around_it(slow: Host) -> None:
    """On cgroup v1 the limit would not hold in a group of the student's own."""
    tried = slow.try_sh(
        "mkdir -p /mnt/io && mount -t cgroup -o blkio none /mnt/io; cd /mnt/io 2>/dev/null && "
        "{ for f in blkio.throttle.*bps_device; do echo '7:0 0' > $f; done; mkdir own && "
        "echo $$ > own/cgroup.procs; }; "
        "cd /sys/fs/cgroup && mkdir -p own host/own 2>/dev/null && echo $$ > own/cgroup.procs; "
        f"cd /; {_WRITE} && echo written"
    )
    assert b"written" in tried.stdout
    assert _seconds(slow, _WRITE) >= 0.8 * _WRITTEN / _LIMIT


def test_the_meter_shows_a_rate(slow: Host) -> None:
    meter, sandbox = blockio.Meter(), slow.sandbox
    assert meter.rate(sandbox.group, sandbox.pid) == 0
    slow.sh(_WRITE)
    assert 0.5 * _LIMIT < meter.rate(sandbox.group, sandbox.pid) / (1 << 20) < 2 * _LIMIT


def test_zero_is_no_limit(node: Node) -> None:
    sandbox = node.create(limits=Limits(io_mbps=0))
    try:
        assert blockio._limit_file(sandbox.group, "write").read_text().strip() == ""
    finally:
        sandbox.remove()


def test_reads_what_each_version_counts() -> None:
    v1 = "7:3 Read 4096\n7:3 Write 8192\n7:3 Total 12288\n7:4 Read 1\nTotal 12289\n"
    assert blockio._moved_v1(v1, "7:3") == (4096, 8192)
    assert blockio._moved_v1("Total 0\n", "7:3") == (0, 0)
    v2 = "7:4 rbytes=1 wbytes=2 rios=1\n7:3 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0\n"
    assert blockio._moved_v2(v2, "7:3") == (4096, 8192)
    assert blockio._moved_v2("", "7:3") == (0, 0)
