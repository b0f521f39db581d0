"""How fast a sandbox may read and write its disk.

The limit sits where the sandbox cannot change it. On cgroup v2 that is the outer group. On v1 a
limit holds for one group and none below it, so it sits on the inner group, and that one is not
given to the sandbox: nothing inside can make a group beside it. v1 counts what a program waits for
(reads, ``O_DIRECT``, ``fsync``); what the kernel writes back later is nobody's there.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from playground.runtime import disks
from playground.runtime.cgroups import INNER, SandboxGroup

#: Seconds between two looks that make a rate; a shorter time says little.
_LEAST = 0.5


def is_available(group: SandboxGroup) -> bool:
    """Whether this machine can limit block I/O."""
    return _limit_file(group, "write").exists()


def limit(group: SandboxGroup, pid: int, mbps: int) -> None:
    """Let the sandbox read, and write, ``mbps`` MB (2**20 bytes) each second; 0 is no limit.

    Nothing happens on a machine without the controller. Raises ``OSError``.
    """
    if not mbps or not is_available(group):
        return
    device, most = _device(pid), mbps << 20
    if group.node.v2:
        _limit_file(group, "").write_text(f"{device} rbps={most} wbps={most}")
        return
    for kind in ("read", "write"):
        _limit_file(group, kind).write_text(f"{device} {most}")


def moved_bytes(group: SandboxGroup, pid: int) -> tuple[int, int]:
    """Bytes that the sandbox has read from and written to its disk; raises ``OSError``."""
    device = _device(pid)
    if group.node.v2:
        return _moved_v2((group.outer("") / "io.stat").read_text(), device)
    name = "blkio.throttle.io_service_bytes"
    return _moved_v1((group.outer("blkio") / INNER / name).read_text(), device)


def _moved_v2(stat: str, device: str) -> tuple[int, int]:
    for line in stat.splitlines():
        if line.startswith(f"{device} "):
            counted = dict(word.split("=") for word in line.split()[1:])
            return int(counted.get("rbytes", 0)), int(counted.get("wbytes", 0))
    return 0, 0


def _moved_v1(stat: str, device: str) -> tuple[int, int]:
    rows = [line.split() for line in stat.splitlines()]
    counted = {row[1]: int(row[2]) for row in rows if len(row) == 3 and row[0] == device}
    return counted.get("Read", 0), counted.get("Write", 0)


class Meter:
    """Bytes a second of the busier direction, from one look at a sandbox to the next."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[float, tuple[int, int], int]] = {}

    def rate(self, group: SandboxGroup, pid: int) -> int:
        """The rate since the last look; 0 at the first, and where it cannot be known."""
        moved, now = (0, 0), time.monotonic()
        with suppress(OSError):
            moved = moved_bytes(group, pid)
        then, before, rate = self._last.get(group.sandbox_id, (now, moved, 0))
        if now - then >= _LEAST:
            rate = int(
                max(new - old for new, old in zip(moved, before, strict=True)) / (now - then)
            )
        elif now > then:
            return rate  # another page looked just now
        if len(self._last) > 5000:
            self._last.clear()
        self._last[group.sandbox_id] = (now, moved, max(0, rate))
        return max(0, rate)


def _limit_file(group: SandboxGroup, kind: str) -> Path:
    if group.node.v2:
        return group.outer("") / "io.max"
    return group.outer("blkio") / INNER / f"blkio.throttle.{kind}_bps_device"


def _device(pid: int) -> str:
    """The loop device under the sandbox's disk, as the kernel writes it: ``7:12``."""
    disk = disks.open_mounted(pid)
    try:
        device = os.fstat(disk).st_dev
    finally:
        os.close(disk)
    return f"{os.major(device)}:{os.minor(device)}"
