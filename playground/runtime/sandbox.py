"""Sandboxes: the one door to the runtime core.

A :class:`Node` makes and finds them; a :class:`Sandbox` is one student's Docker host.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playground.runtime import blockio, bundle, disks, engine, hostimage, idmap
from playground.runtime.catalogue import store
from playground.runtime.cgroups import NodeGroup
from playground.runtime.config import Limits, RuntimeConfig
from playground.runtime.crun import Crun
from playground.runtime.errors import MachineUnfit, NoSuchSandbox, SandboxError
from playground.runtime.private_mounts import in_private_mounts, leave_machine_mounts

_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,47}\Z")
RECORD_VERSION = 1


@dataclass(frozen=True)
class Record:
    """What the node remembers of a sandbox, in ``sandbox.json``."""

    id: str
    slot: int
    id_base: int
    created: float
    boot_id: str
    limits: Limits
    pid: int = 0
    pid_started: int = 0
    version: int = RECORD_VERSION

    def to_json(self) -> str:
        """The record's text on disk."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Record:
        """Read it back; raises ``ValueError`` for a version that this code does not know."""
        data = json.loads(text)
        if data.get("version") != RECORD_VERSION:
            raise ValueError(f"sandbox record of version {data.get('version')}")
        return cls(**{**data, "limits": Limits(**data["limits"])})


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
        started = _process_started(self.pid) if self.pid else None
        return started is not None and started == self.record.pid_started

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

        For commands of our own; a student's goes through the hub. Raises ``SandboxError`` if it
        takes longer than ``seconds``.
        """
        given: dict[str, Any] = (
            {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin or subprocess.DEVNULL}
        )
        try:
            return subprocess.run(
                self.exec_command(arguments, env=env),
                capture_output=True,
                timeout=seconds,
                preexec_fn=leave_machine_mounts,
                **given,
            )
        except subprocess.TimeoutExpired:
            raise SandboxError(f"{arguments[0]} took more than {seconds} s in {self.id}") from None

    def freeze(self) -> None:
        """Stop all its processes where they are, and take back what memory the kernel can."""
        self._must_live()
        self.group.set_frozen(True)
        self.group.reclaim()

    def thaw(self) -> None:
        """Continue all its processes; nothing happens to one that is not frozen."""
        self._must_live()
        if self.group.is_frozen():
            self.group.set_frozen(False)

    def engine_get(self, path: str, seconds: float = 10.0) -> Any:
        """Ask its engine; see :func:`engine.get`."""
        return engine.get(self.pid, path, seconds)

    def remove(self) -> None:
        """End it and remove all that it had. Does nothing to one that is gone already."""
        self.group.kill()
        self.node.crun.delete(self.id)
        self.group.remove()
        disks.remove_tree(self.directory)

    def _must_live(self) -> None:
        if not self.is_alive():
            raise NoSuchSandbox(f"Sandbox {self.id} does not run any more", "Make a new one")


class Node:
    """All sandboxes of one machine (of one state directory, to be exact)."""

    def __init__(self, config: RuntimeConfig) -> None:
        self.config = config
        self.cgroup = NodeGroup(config.cgroup_name)
        self.crun = Crun(config.crun, config.crun_root)
        self._thread_lock = threading.Lock()

    def create(
        self,
        sandbox_id: str | None = None,
        limits: Limits | None = None,
        *,
        with_catalogue: bool = True,
        seconds: float = 30.0,
    ) -> Sandbox:
        """Make a sandbox and wait until its engine answers.

        Asked twice for the same id it returns the one that is there; one that died is made anew.
        Raises ``SandboxError`` (with nothing left behind), ``ValueError`` for a bad id.
        """
        sandbox_id = sandbox_id or f"s-{secrets.token_hex(6)}"
        if not _ID.match(sandbox_id):
            raise ValueError(f"{sandbox_id!r} is no sandbox id: a-z, 0-9 and -, 2 to 48 characters")
        with self._creating(sandbox_id):
            with suppress(NoSuchSandbox):
                there = self.get(sandbox_id)
                if there.is_alive():
                    return there
                there.remove()
            sandbox = Sandbox(self, self._reserve(sandbox_id, limits or self.config.limits))
            try:
                self._start(sandbox, with_catalogue)
                sandbox = self.get(sandbox_id)
                if not engine.await_engine(sandbox.pid, seconds):
                    raise SandboxError(
                        f"The engine of sandbox {sandbox_id} did not answer in {seconds:.0f} s: "
                        + _engine_log(sandbox),
                        "Run `./manage.py doctor`",
                    )
            except BaseException as error:
                sandbox.remove()
                if isinstance(error, OSError):
                    raise SandboxError(
                        f"Sandbox {sandbox_id} could not be made: {error}",
                        "Run `./manage.py doctor`",
                    ) from error
                raise
            return sandbox

    def get(self, sandbox_id: str) -> Sandbox:
        """Find a sandbox; raises ``NoSuchSandbox``."""
        if _ID.match(sandbox_id):
            with suppress(FileNotFoundError, ValueError):
                text = (self.config.sandboxes_dir / sandbox_id / "sandbox.json").read_text()
                return Sandbox(self, Record.from_json(text))
        raise NoSuchSandbox(f"There is no sandbox {sandbox_id[:60]!r}", "`sandbox list` shows all")

    def sandboxes(self) -> list[Sandbox]:
        """All sandboxes that have a record, the oldest first."""
        found = []
        for directory in self._directories():
            with suppress(NoSuchSandbox):
                found.append(self.get(directory.name))
        return sorted(found, key=lambda sandbox: sandbox.record.created)

    def orphans(self) -> list[str]:
        """Ids of what has no living sandbox: dead ones, half-made ones, cgroups without a record.

        Only below this node's own state directory and cgroup; nothing is found by how it looks.
        """
        names = {directory.name for directory in self._directories()} | self.cgroup.sandbox_ids()
        living = {sandbox.id for sandbox in self.sandboxes() if sandbox.is_alive()}
        return sorted(names - living)

    def sweep(self, keep: Sequence[str] = ()) -> list[str]:
        """Remove every sandbox but those to ``keep``, whole or half-made; return their ids.

        That is what a node does when it starts after a crash: records, directories without a
        record, and cgroups without either.
        """
        names = {directory.name for directory in self._directories()}
        names |= self.cgroup.sandbox_ids()
        swept = sorted(name for name in names if name not in keep)
        for name in swept:
            self.clear(name)
        return swept

    def shutdown(self) -> None:
        """Remove everything that this node has on the machine but its state directory."""
        self.sweep()
        self.cgroup.remove()

    def clear(self, name: str) -> None:
        """Remove all that there is of an id, with or without a record."""
        self.cgroup.group(name).kill()
        self.crun.delete(name)
        self.cgroup.group(name).remove()
        disks.remove_tree(self.config.sandboxes_dir / name)

    def _directories(self) -> list[Path]:
        if not self.config.sandboxes_dir.is_dir():
            return []
        return [d for d in self.config.sandboxes_dir.iterdir() if d.is_dir()]

    @contextmanager
    def _creating(self, sandbox_id: str) -> Iterator[None]:
        """One maker at a time for one id: a task that is delivered twice must not make two.

        Ids share a fixed number of lock files, for a file that is removed while another waits for
        it protects nothing.
        """
        locks = self.config.state_dir / "locks"
        locks.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (locks / f"{zlib.crc32(sandbox_id.encode()) % 256:02x}").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _reserve(self, sandbox_id: str, limits: Limits) -> Record:
        """Take the lowest free id range, under a lock shared by all processes of the node."""
        self.config.sandboxes_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._thread_lock, (self.config.state_dir / "slots.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            taken = [sandbox.record.slot for sandbox in self.sandboxes()]
            slot = idmap.free_slot(taken, self.config.id_slots)
            record = Record(
                id=sandbox_id,
                slot=slot,
                id_base=idmap.base_of(slot, self.config.id_base),
                created=time.time(),
                boot_id=_boot_id(),
                limits=limits,
            )
            self._write(record)
        return record

    def _write(self, record: Record) -> None:
        directory = self.config.sandboxes_dir / record.id
        directory.mkdir(exist_ok=True, mode=0o700)
        scratch = directory / "sandbox.json.new"
        scratch.write_text(record.to_json())
        scratch.rename(directory / "sandbox.json")

    def _start(self, sandbox: Sandbox, with_catalogue: bool) -> None:
        record, directory = sandbox.record, sandbox.directory
        host_image = hostimage.path(self.config)
        if not host_image.is_dir():
            raise MachineUnfit("The host image is not built", "Run `make setup`")
        catalogue = store.find(self.config) if with_catalogue else None
        template = store.disk_template(self.config, catalogue, record.limits.disk_mb)
        disks.copy_template(template, directory / "disk.img")
        sandbox.group.create(record.limits)
        configuration = bundle.configuration(
            rootfs=str(disks.STAGE / "rootfs"),
            disk=str(disks.STAGE / "disk"),
            layers=str(disks.STAGE / "layers") if catalogue else None,
            id_base=record.id_base,
            cgroup_path=sandbox.group.inner_path,
            limits=record.limits,
            policy=self.config.policy,
        )

        def start() -> None:
            with idmap.user_namespace(record.id_base) as userns:
                disks.assemble(
                    directory / "disk.img",
                    host_image,
                    catalogue.layers if catalogue else None,
                    userns,
                    record.id_base,
                )
            (disks.STAGE / "config.json").write_text(json.dumps(configuration))
            self.crun.run(sandbox.id, disks.STAGE, directory / "crun.log", directory / "init.pid")

        in_private_mounts(start)
        pid = int((directory / "init.pid").read_text())
        sandbox.group.delegate(record.id_base)
        blockio.limit(sandbox.group, pid, record.limits.io_mbps)
        started = _process_started(pid)
        if started is None:
            raise SandboxError(f"Sandbox {sandbox.id} ended as soon as it started")
        self._write(Record(**{**vars(record), "pid": pid, "pid_started": started}))


def _process_started(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; ``None`` if there is none."""
    try:
        # The command's name is the student's to choose and may hold spaces and brackets: count
        # from the last one (proc_pid_stat(5), field 22).
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _engine_log(sandbox: Sandbox) -> str:
    with suppress(SandboxError, OSError):
        log = sandbox.run(["tail", "-n", "5", "/var/log/engine/dockerd.log"], seconds=5)
        return log.stdout.decode(errors="replace")[-600:].strip()
    with suppress(OSError):
        return os.fsdecode((sandbox.directory / "crun.log").read_bytes()[-600:])
    return "no log"
