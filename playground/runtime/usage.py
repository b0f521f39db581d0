"""What a sandbox uses of what it may, for its student to see."""

from __future__ import annotations

import os
from dataclasses import dataclass

from playground.runtime import budget, disks
from playground.runtime.sandbox import Sandbox


@dataclass(frozen=True)
class Usage:
    """Used and allowed: memory and disk in bytes, processes with their threads counted.

    ``cpu`` is the budget of processor time in whole seconds, 0 allowed if there is none.
    """

    memory: tuple[int, int]
    disk: tuple[int, int]
    inodes: tuple[int, int]
    processes: tuple[int, int]
    cpu: tuple[int, int]


def usage(sandbox: Sandbox) -> Usage:
    """Look at a living sandbox; raises ``OSError`` if it has gone."""
    limits = sandbox.record.limits
    disk = _disk(sandbox.pid)
    return Usage(
        memory=(sandbox.group.needed_memory_bytes(), limits.memory_mb << 20),
        # Not f_bfree: what ext4 keeps back for itself (2 % of a small disk) no file can have.
        disk=((disk.f_blocks - disk.f_bavail) * disk.f_frsize, disk.f_blocks * disk.f_frsize),
        inodes=(disk.f_files - disk.f_ffree, disk.f_files),
        processes=(sandbox.group.processes_counted(), limits.pids),
        cpu=(int(budget.used_seconds(sandbox)), limits.cpu_seconds),
    )


def _disk(pid: int) -> os.statvfs_result:
    """The file system that the sandbox's disk is."""
    disk = disks.open_mounted(pid)
    try:
        return os.fstatvfs(disk)
    finally:
        os.close(disk)
