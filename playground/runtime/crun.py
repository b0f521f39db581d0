"""Calls of the OCI runtime.

The runtime is a setting: anything that speaks runc's command line will do.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from playground.runtime.errors import MachineUnfit, SandboxError
from playground.runtime.private_mounts import in_private_mounts


class Crun:
    """The OCI runtime with a state directory of its own."""

    def __init__(self, binary: str, root: Path) -> None:
        self.binary = binary
        self.root = root

    def command(self, *arguments: str) -> list[str]:
        """The command line of a call."""
        # crun asks systemd for groups unless told not to; runc and runsc do so only if told to,
        # and do not know the option.
        own = Path(self.binary).name.startswith("crun")
        manager = ["--cgroup-manager", "cgroupfs"] if own else []
        return [self.binary, "--root", str(self.root), *manager, *arguments]

    def run(self, sandbox_id: str, bundle: Path, log: Path, pid_file: Path) -> None:
        """Start a sandbox in the background. Call it in the namespace that has its mounts.

        The log file takes the runtime's messages and stands in for the output of the sandbox's
        first process, which must not hold on to the caller's. Raises ``SandboxError``.
        """
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with log.open("wb") as output:
            done = self._call(
                self.command(
                    "run", "--detach", "--bundle", str(bundle), "--pid-file", str(pid_file),
                    sandbox_id,
                ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        if done.returncode != 0:
            said = log.read_text(errors="replace")[-500:].strip()
            raise SandboxError(
                f"{self.binary} did not start sandbox {sandbox_id}: {said}",
                "Run `./manage.py doctor`",
            )

    def exec_command(
        self,
        sandbox_id: str,
        arguments: Sequence[str],
        *,
        tty: bool = False,
        cwd: str = "/root",
        env: Mapping[str, str] | None = None,
        cgroup: str = "",
        console_socket: str = "",
    ) -> list[str]:
        """The command line that runs something inside a sandbox.

        With a ``console_socket`` the terminal's own side is sent there.

        Whoever runs it must first leave the machine's mounts
        (:func:`private_mounts.leave_machine_mounts`).
        """
        options = ["--cwd", cwd]
        if tty:
            options.append("--tty")
        if console_socket:
            options += ["--console-socket", console_socket]
        if cgroup:
            options += ["--cgroup", cgroup]
        for name, value in (env or {}).items():
            options += ["--env", f"{name}={value}"]
        return self.command("exec", *options, sandbox_id, *arguments)

    def delete(self, sandbox_id: str) -> None:
        """End a sandbox and forget it; says nothing if there is none.

        Nor if the runtime itself fails: what it knew of the sandbox goes all the same, and the
        sandbox's processes end with its cgroup.
        """
        with suppress(SandboxError):
            in_private_mounts(
                lambda: self._call(
                    self.command("delete", "--force", sandbox_id), capture_output=True
                )
            )
        shutil.rmtree(self.root / sandbox_id, ignore_errors=True)

    def _call(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(command, timeout=60, **options)
        except FileNotFoundError:
            raise MachineUnfit(
                f"The OCI runtime `{self.binary}` is not installed",
                "Install the package crun, or name another with PLAYGROUND_CRUN",
            ) from None
        except subprocess.TimeoutExpired:
            raise SandboxError(f"`{' '.join(command)}` took more than 60 s") from None
