"""The node at one look, for operators: the machine, and what each sandbox uses."""

from __future__ import annotations

import shutil
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any

import psutil

from playground.runtime.errors import SandboxError
from playground.runtime.node import Node
from playground.runtime.sandbox import Sandbox
from playground.runtime.usage import usage


def view(node: Node, threads: Executor) -> dict[str, Any]:
    """Return ``{"machine": …, "sandboxes": {id: …}}``; bytes, seconds and counts.

    Looks at cgroups and file systems only, at no engine, so that no student can hold it up.
    """
    sandboxes = node.sandboxes()
    looked = threads.map(_sandbox, sandboxes)
    return {
        "machine": _machine(node),
        "sandboxes": {each.id: facts for each, facts in zip(sandboxes, looked, strict=True)},
    }


def _machine(node: Node) -> dict[str, Any]:
    memory = psutil.virtual_memory()
    # Its folder is made with the first sandbox.
    state = node.config.state_dir
    disk = shutil.disk_usage(next(each for each in (state, *state.parents) if each.is_dir()))
    return {
        "memory": [memory.total - memory.available, memory.total],
        "disk": [disk.used, disk.total],
        "cpus": psutil.cpu_count(),
        "load": [round(each, 2) for each in psutil.getloadavg()],
        "policy": node.config.policy,
        "egress": node.config.egress.on,
        "limits": vars(node.config.limits),
        "state": str(node.config.state_dir),
    }


def _sandbox(sandbox: Sandbox) -> dict[str, Any]:
    found: dict[str, Any] = {
        "alive": False,
        "frozen": False,
        "catalogue": sandbox.record.catalogue,
        "created": sandbox.record.created,
    }
    with suppress(OSError, SandboxError):
        if sandbox.is_alive():
            used = usage(sandbox)
            found |= {
                "alive": True,
                "frozen": sandbox.group.is_frozen(),
                **{name: list(pair) for name, pair in vars(used).items()},
            }
    return found
