"""What a sandbox uses of what it may, for its student to see."""

from __future__ import annotations

import os
from dataclasses import dataclass

from playground.runtime import syscalls
from playground.runtime.sandbox import Sandbox


@dataclass(frozen=True)
class Usage:
    """Used and allowed: memory and disk in bytes, processes with their threads counted."""

    memory: tuple[int, int]
    disk: tuple[int, int]
    inodes: tuple[int, int]
    processes: tuple[int, int]


def usage(sandbox: Sandbox) -> Usage:
    """Look at a living sandbox; raises ``OSError`` if it has gone."""
    limits = sandbox.record.limits
    disk = _disk(sandbox.pid)
    return Usage(
        memory=(sandbox.group.needed_memory_bytes(), limits.memory_mb << 20),
        disk=((disk.f_blocks - disk.f_bfree) * disk.f_frsize, disk.f_blocks * disk.f_frsize),
        inodes=(disk.f_files - disk.f_ffree, disk.f_files),
        processes=(sandbox.group.processes_counted(), limits.pids),
    )


def _disk(pid: int) -> os.statvfs_result:
    """The file system that the sandbox's disk is, reached without following its links."""
    root = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        docker = syscalls.open_beneath(root, "var/lib/docker", os.O_PATH | os.O_DIRECTORY)
    finally:
        os.close(root)
    try:
        return os.fstatvfs(docker)
    finally:
        os.close(docker)
