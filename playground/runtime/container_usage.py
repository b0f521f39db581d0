"""What the containers inside a sandbox use, read from their cgroups without asking the engine."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from playground.runtime.cgroups import INNER, SandboxGroup

#: Where dockerd's cgroupfs driver puts containers, below the sandbox's own root group.
_DOCKER = "docker"
_ID = re.compile(r"[0-9a-f]{64}\Z")
#: More than this are not looked at: a student may make any number of groups.
_MOST = 200


@dataclass(frozen=True)
class ContainerUsage:
    """Memory without file cache in bytes, and processor time so far in seconds."""

    memory_bytes: int
    cpu_seconds: float


def container_usage(group: SandboxGroup) -> dict[str, ContainerUsage]:
    """By container id; empty where there is none, or they are kept elsewhere."""
    memory = group.outer("memory") / INNER / _DOCKER
    cpu = group.outer("cpuacct") / INNER / _DOCKER
    v2 = group.node.v2
    found: dict[str, ContainerUsage] = {}
    with suppress(OSError), os.scandir(memory) as entries:
        for entry in entries:
            if len(found) >= _MOST:
                break
            if _ID.match(entry.name):
                with suppress(OSError, ValueError, KeyError):  # it is just going
                    found[entry.name] = ContainerUsage(
                        _memory(memory / entry.name, v2), _cpu(cpu / entry.name, v2)
                    )
    return found


def _memory(group: Path, v2: bool) -> int:
    name = "memory.current" if v2 else "memory.usage_in_bytes"
    used = int((group / name).read_text())
    counted = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    # As `docker stats` counts: without the cache that the kernel takes back first.
    return max(0, used - int(counted.get("inactive_file" if v2 else "total_inactive_file", 0)))


def _cpu(group: Path, v2: bool) -> float:
    if v2:
        stat = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
        return int(stat["usage_usec"]) / 1e6
    return int((group / "cpuacct.usage").read_text()) / 1e9
