"""A sandbox: one student's Docker host. A :class:`~playground.runtime.node.Node` makes it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.runtime import bounded, bundle, disks, engine
from playground.runtime.errors import NoSuchSandbox, SandboxError
from playground.runtime.private_mounts import leave_machine_mounts
from playground.runtime.record import Record

if TYPE_CHECKING:
    from playground.runtime.node import Node


@dataclass(frozen=True)
class Facts:
    """How a sandbox is doing now."""

    id: str
    state: str  # "running", "frozen" or "dead"
    pid: int
    created: float
    memory_bytes: int
    disk_bytes: int
    processes: int


class Sandbox:
    """One student's Docker host."""

    def __init__(self, node: Node, record: Record) -> None:
        self.node = node
        self.record = record
        self.id = record.id
        self.group = node.cgroup.group(record.id)

    @property
    def directory(self) -> Path:
        """Where its record and disk are."""
        return self.node.config.sandboxes_dir / self.id

    @property
    def pid(self) -> int:
        """Its first process, as the machine numbers it; 0 if it never started."""
        return self.record.pid

    def is_alive(self) -> bool:
        """Whether its first process still runs (and is not another one of the same number)."""
        return self.record.runs

    def inspect(self) -> Facts:
        """Return its facts."""
        alive = self.is_alive()
        frozen = alive and self.group.is_frozen()
        memory = 0
        with suppress(OSError):
            memory = self.group.memory_bytes()
        image = self.directory / "disk.img"
        return Facts(
            id=self.id,
            state=("frozen" if frozen else "running") if alive else "dead",
            pid=self.pid,
            created=self.record.created,
            memory_bytes=memory,
            disk_bytes=disks.used_bytes(image) if image.exists() else 0,
            processes=len(self.group.pids()),
        )

    def exec_command(
        self,
        arguments: Sequence[str],
        *,
        tty: bool = False,
        env: Mapping[str, str] | None = None,
        console_socket: str = "",
    ) -> list[str]:
        """The command line that runs ``arguments`` inside; see :meth:`Crun.exec_command`.

        To be started after :func:`private_mounts.leave_machine_mounts` (as a ``preexec_fn``).
        """
        environment = dict(line.split("=", 1) for line in bundle.ENVIRONMENT) | dict(env or {})
        return bundle.under_rlimits(self.record.limits) + self.node.crun.exec_command(
            self.id,
            arguments,
            tty=tty,
            env=environment,
            cgroup="host" if self.node.cgroup.v2 else "",
            console_socket=console_socket,
        )

    def run(
        self,
        arguments: Sequence[str],
        *,
        stdin: bytes | int | None = None,
        seconds: float | None = 120.0,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command inside and collect its output.

        For commands of our own; a student's goes through the hub. What runs is the student's all
        the same: any program inside may be another one by now. Raises ``SandboxError`` if it takes
        longer than ``seconds`` or prints more than ``bounded.MOST_OUTPUT``.
        """
        try:
            return bounded.run(
                self.exec_command(arguments, env=env),
                stdin=stdin,
                seconds=seconds,
                preexec_fn=leave_machine_mounts,
            )
        except subprocess.TimeoutExpired:
            raise SandboxError(f"{arguments[0]} took more than {seconds} s in {self.id}") from None
        except bounded.TooMuchOutput:
            raise SandboxError(f"{arguments[0]} printed too much in {self.id}") from None

    def freeze(self) -> None:
        """Stop all its processes where they are, and take back what memory the kernel can."""
        with self.node.hold(self.id):
            self._must_live()
            self.group.set_frozen(True)
            self.group.reclaim()

    def thaw(self) -> None:
        """Continue all its processes; nothing happens to one that is not frozen."""
        self._must_live()
        if self.group.is_frozen():
            with self.node.hold(self.id):
                self._must_live()
                self.group.set_frozen(False)

    def engine_get(self, path: str, seconds: float = 10.0) -> Any:
        """Ask its engine; see :func:`engine.get`."""
        return engine.get(self.pid, path, seconds)

    def remove(self) -> None:
        """End it and remove all that it had. Does nothing to one that is gone already."""
        self.node.clear(self.id)

    def _must_live(self) -> None:
        if not self.is_alive():
            raise NoSuchSandbox(f"Sandbox {self.id} does not run any more", "Make a new one")
