"""What tests say to a sandbox, in fewer words."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from playground.runtime.sandbox import Sandbox


class Host:
    """A sandbox as its student sees it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def try_sh(self, script: str, seconds: float = 120) -> subprocess.CompletedProcess[bytes]:
        """Run a script in the host's shell, whatever comes of it."""
        return self.sandbox.run(["bash", "-c", script], seconds=seconds)

    def sh(self, script: str, seconds: float = 120) -> str:
        """Run a script that must succeed; return its output without the last line's end."""
        done = self.try_sh(script, seconds)
        said = done.stdout.decode(errors="replace")
        assert done.returncode == 0, f"{script}\n→ {done.returncode}\n{said}{done.stderr.decode()}"
        return said.strip()

    def tidy(self) -> None:
        """Remove all containers, volumes and networks of the student's own."""
        self.sh(
            "docker rm -fv $(docker ps -aq) >/dev/null 2>&1; docker volume prune -af >/dev/null; "
            "docker network prune -f >/dev/null; true"
        )


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something to become true; fails the test if it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
