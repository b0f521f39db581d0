"""A part of systemd's cgroup tree, asked for.

Under systemd the cgroup v2 tree is systemd's: a transient service with ``Delegate=yes`` is ours to
divide (systemd.io/CGROUP_DELEGATION).
"""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

from playground.runtime.errors import MachineUnfit


def under_systemd() -> bool:
    """Whether systemd runs this machine."""
    return Path("/run/systemd/system").is_dir()


class Delegation:
    """The group that systemd gives to one node."""

    def __init__(self, name: str, root: Path) -> None:
        self.unit = f"{name}.service"
        self._root = root
        self._lock = Path(f"/run/{name}.lock")

    def group(self) -> str:
        """The group's path without a leading slash, asked for if there is none.

        Raises ``MachineUnfit``.
        """
        # Two workers that ask systemd at once: the second would be told that the unit exists.
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            relative = self.find() or self._make()
            # A group that has processes cannot be divided: they go into one of their own.
            group = self._root / relative
            (group / "holder").mkdir(exist_ok=True)
            for pid in (group / "cgroup.procs").read_text().split():
                (group / "holder" / "cgroup.procs").write_text(pid)
        return relative

    def give_back(self) -> None:
        """End the service, and with it the group."""
        subprocess.run(["systemctl", "stop", self.unit], capture_output=True)
        self._lock.unlink(missing_ok=True)

    def find(self) -> str | None:
        """The group's path; ``None`` if it has not been asked for yet."""
        shown = subprocess.run(
            ["systemctl", "show", "--property=ControlGroup", "--value", self.unit],
            capture_output=True,
            text=True,
        ).stdout.strip()
        return shown.lstrip("/") or None

    def _make(self) -> str:
        """Ask for it, with one idle process that keeps it."""
        asked = subprocess.run(
            [
                "systemd-run",
                "--quiet",
                "--collect",
                f"--unit={self.unit}",
                "--description=Docker Playground: the cgroup of the sandboxes",
                "--property=Delegate=yes",
                "--property=TasksMax=infinity",
                "--property=KillMode=control-group",
                "sleep",
                "infinity",
            ],
            capture_output=True,
            text=True,
        )
        relative = self.find()
        if asked.returncode != 0 or not relative:
            raise MachineUnfit(
                f"systemd gave no cgroup: {asked.stderr.strip()[:300]}",
                "Look at `systemctl status` and the journal",
            )
        return relative
