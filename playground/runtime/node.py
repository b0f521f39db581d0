"""A node: all sandboxes of one machine, and the one door to the runtime core."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import secrets
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from playground.runtime import blockio, bundle, disks, engine, hostimage, idmap, record
from playground.runtime.catalogue import store
from playground.runtime.cgroups import NodeGroup
from playground.runtime.config import POLICIES, Limits, RuntimeConfig, stricter
from playground.runtime.crun import Crun
from playground.runtime.errors import MachineUnfit, NoSuchSandbox, SandboxError
from playground.runtime.network import Network
from playground.runtime.private_mounts import in_private_mounts
from playground.runtime.record import Record
from playground.runtime.sandbox import Sandbox
from playground.telemetry import tracing

log = logging.getLogger(__name__)

_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,47}\Z")


class Node:
    """All sandboxes of one machine (of one state directory, to be exact)."""

    def __init__(self, config: RuntimeConfig) -> None:
        self.config = config
        self.cgroup = NodeGroup(config.cgroup_name)
        self.crun = Crun(config.crun, config.crun_root)
        self.network = Network(config)
        self._thread_lock = threading.Lock()

    def create(
        self,
        sandbox_id: str | None = None,
        limits: Limits | None = None,
        *,
        policy: str = POLICIES[0],
        with_catalogue: bool = True,
        seconds: float | None = None,
    ) -> Sandbox:
        """Make a sandbox and wait until its engine answers.

        Of ``policy`` and the node's own the stricter one holds, as long as the sandbox is there.

        Asked twice for the same id it returns the one that is there. One that died, with the
        machine or by itself, comes back with its disk, hence its images and stopped containers.
        Raises ``SandboxError`` (with nothing left behind but a disk that was there before) and
        ``ValueError`` for a bad id or policy.
        """
        sandbox_id = sandbox_id or f"s-{secrets.token_hex(6)}"
        if not _ID.match(sandbox_id):
            raise ValueError(f"{sandbox_id!r} is no sandbox id: a-z, 0-9 and -, 2 to 48 characters")
        stricter(policy, self.config.policy)
        with self.hold(sandbox_id), tracing.span("make the host", sandbox=sandbox_id):
            with suppress(NoSuchSandbox):
                there = self.get(sandbox_id)
                if there.is_alive():
                    return there
                if there.record.pid:
                    self._stop(sandbox_id)
                    disks.check(there.directory / disks.IMAGE)
                    return self._bring_up(there.record, seconds)
            self._clear(sandbox_id)
            try:
                limits = limits or self.config.limits
                made = self._reserve(sandbox_id, limits, policy, with_catalogue)
                self._make_disk(made)
                return self._bring_up(made, seconds)
            except BaseException:
                self._clear(sandbox_id)
                raise

    def get(self, sandbox_id: str) -> Sandbox:
        """Find a sandbox; raises ``NoSuchSandbox``, ``SandboxError`` for one that is unreadable."""
        if _ID.match(sandbox_id):
            with suppress(FileNotFoundError):
                return Sandbox(self, record.read(self.config.sandboxes_dir / sandbox_id))
        raise NoSuchSandbox(f"There is no sandbox {sandbox_id[:60]!r}", "`sandbox list` shows all")

    def sandboxes(self) -> list[Sandbox]:
        """All sandboxes that have a record, the oldest first."""
        found = []
        for directory in self._directories():
            with suppress(SandboxError):
                found.append(self.get(directory.name))
        return sorted(found, key=lambda sandbox: sandbox.record.created)

    def orphans(self) -> list[str]:
        """Ids of what has no living sandbox: dead ones, half-made ones, cgroups without a record.

        Only what carries this node's label or lies in its own state directory; nothing is found
        by how it looks.
        """
        living = {sandbox.id for sandbox in self.sandboxes() if sandbox.is_alive()}
        return sorted(self._names() - living)

    def half_made(self) -> list[str]:
        """Ids of what never was, or is no longer, a sandbox that could come back."""
        return sorted(name for name in self._names() if self._is_half_made(name))

    def sweep(self, keep: Sequence[str] = ()) -> list[str]:
        """Remove every sandbox but those to ``keep``, whole or half-made; return their ids."""
        swept = sorted(name for name in self._names() if name not in keep)
        for name in swept:
            self.clear(name)
        return swept

    def clear_half_made(self, name: str) -> bool:
        """Remove it if it still is half-made once nobody else acts on it."""
        with self.hold(name):
            if name not in self.half_made():
                return False
            self._clear(name)
        return True

    def shutdown(self) -> None:
        """Remove everything that this node has on the machine but its state directory."""
        self.sweep()
        self.cgroup.remove()
        self.network.shutdown()

    def clear(self, name: str) -> None:
        """Remove all that there is of an id, with or without a record."""
        with self.hold(name):
            self._clear(name)
        log.info("sandbox %s is removed", name, extra={"sandbox": name})

    @contextmanager
    def hold(self, sandbox_id: str) -> Iterator[None]:
        """Act on one sandbox alone: all other threads and processes of the node wait.

        A task that is delivered twice must not make two. Ids share a fixed number of lock files,
        for a file that is removed while another waits for it protects nothing. Not reentrant.
        """
        locks = self.config.state_dir / "locks"
        locks.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (locks / f"{zlib.crc32(sandbox_id.encode()) % 256:02x}").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _is_half_made(self, name: str) -> bool:
        try:
            return not self.get(name).record.pid
        except NoSuchSandbox:
            return True
        except SandboxError:  # of another version of this code, maybe with a student's disk
            return False

    def _names(self) -> set[str]:
        made = {directory.name for directory in self._directories()}
        return made | self.cgroup.sandbox_ids() | self.network.sandbox_ids()

    def _directories(self) -> list[Path]:
        if not self.config.sandboxes_dir.is_dir():
            return []
        return [d for d in self.config.sandboxes_dir.iterdir() if d.is_dir()]

    def _stop(self, name: str) -> None:
        """End what runs of a sandbox; its directory stays."""
        self.network.detach(name)
        self.cgroup.group(name).kill()
        self.crun.delete(name)
        self.cgroup.group(name).remove()

    def _clear(self, name: str) -> None:
        self._stop(name)
        disks.remove_tree(self.config.sandboxes_dir / name)

    def _reserve(
        self, sandbox_id: str, limits: Limits, policy: str, with_catalogue: bool
    ) -> Record:
        """Take the lowest free id range, under a lock shared by all processes of the node."""
        host_image = hostimage.path(self.config)
        if not host_image.is_dir():
            raise MachineUnfit("The host image is not built", "Run `make setup`")
        catalogue = store.find(self.config) if with_catalogue else None
        self.config.sandboxes_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._thread_lock, (self.config.state_dir / "slots.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            taken = [sandbox.record.slot for sandbox in self.sandboxes()]
            slot = idmap.free_slot(taken, self.config.id_slots)
            made = Record(
                id=sandbox_id,
                slot=slot,
                id_base=idmap.base_of(slot, self.config.id_base),
                created=time.time(),
                boot_id=record.boot_id(),
                limits=limits,
                catalogue=catalogue.key if catalogue else "",
                host_image=hostimage.key(),
                policy=policy,
            )
            self._write(made)
        return made

    def _write(self, made: Record) -> None:
        record.write(self.config.sandboxes_dir / made.id, made)

    def _make_disk(self, made: Record) -> None:
        catalogue = store.get(self.config, made.catalogue)
        template = store.disk_template(self.config, catalogue, made.limits.disk_mb)
        disks.copy_template(template, self.config.sandboxes_dir / made.id / disks.IMAGE)

    def _bring_up(self, made: Record, given: float | None) -> Sandbox:
        """Start a sandbox that has a disk; what was started is stopped again if it fails."""
        seconds, started = given or self.config.start_seconds, time.monotonic()
        try:
            with tracing.span("start its container"):
                sandbox = Sandbox(self, self._start(Sandbox(self, made)))
                self.network.attach(sandbox)
            with tracing.span("wait for its engine"):
                answers = engine.await_engine(sandbox.pid, seconds)
            if not answers:
                raise SandboxError(
                    f"The engine of sandbox {made.id} did not answer in {seconds:.0f} s: "
                    + _engine_log(sandbox),
                    "Run `./manage.py doctor`",
                )
            taken = round(time.monotonic() - started, 3)
            said = {"sandbox": made.id, "seconds": taken}
            log.info("sandbox %s runs, started in %.2f s", made.id, taken, extra=said)
        except BaseException as error:
            self._stop(made.id)
            if isinstance(error, OSError):
                raise SandboxError(
                    f"Sandbox {made.id} could not be made: {error}", "Run `./manage.py doctor`"
                ) from error
            raise
        return sandbox

    def _start(self, sandbox: Sandbox) -> Record:
        made, directory = sandbox.record, sandbox.directory
        host_image = hostimage.get(self.config, made.host_image)
        catalogue = store.get(self.config, made.catalogue)
        sandbox.group.create(made.limits)
        configuration = bundle.configuration(
            rootfs=str(disks.STAGE / "rootfs"),
            disk=str(disks.STAGE / "disk"),
            layers=str(disks.STAGE / "layers") if catalogue else None,
            id_base=made.id_base,
            cgroup_path=sandbox.group.inner_path,
            limits=made.limits,
            policy=stricter(self.config.policy, made.policy),
        )

        def start() -> None:
            with idmap.user_namespace(made.id_base) as userns:
                disks.assemble(
                    directory / disks.IMAGE,
                    host_image,
                    catalogue.layers if catalogue else None,
                    userns,
                    made.id_base,
                )
            # Not on the stage, which is gone by the time runc's `exec` reads it.
            (directory / "config.json").write_text(json.dumps(configuration))
            self.crun.run(sandbox.id, directory, directory / "crun.log", directory / "init.pid")

        in_private_mounts(start)
        pid = int((directory / "init.pid").read_text())
        sandbox.group.delegate(made.id_base)
        blockio.limit(sandbox.group, pid, made.limits.io_mbps)
        started = record.process_started(pid)
        if started is None:
            raise SandboxError(f"Sandbox {sandbox.id} ended as soon as it started")
        running = replace(made, pid=pid, pid_started=started, boot_id=record.boot_id())
        self._write(running)
        return running


def _engine_log(sandbox: Sandbox) -> str:
    with suppress(SandboxError, OSError):
        log = sandbox.run(["tail", "-n", "5", "/var/log/engine/dockerd.log"], seconds=5)
        return log.stdout.decode(errors="replace")[-600:].strip()
    with suppress(OSError):
        return os.fsdecode((sandbox.directory / "crun.log").read_bytes()[-600:])
    return "no log"
