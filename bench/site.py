"""A site of one's own, for benchmarks and tests: started as `make run` starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from playground.runtime.config import PROJECT_ROOT, RuntimeConfig
from playground.serve.layout import Layout
from playground.serve.leftovers import processes


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def site(**variables: str) -> Iterator[tuple[str, Layout]]:
    """A site on a free port, with these variables in its environment."""
    with tempfile.TemporaryDirectory() as folder:
        running = RunningSite(Path(folder) / "var", **variables)
        running.start()
        try:
            yield running.address, running.layout
        finally:
            running.stop()


class RunningSite:
    """A site that can be killed and started again on the same port."""

    process: subprocess.Popen[bytes]

    def __init__(self, var: Path, **variables: str) -> None:
        self.var = var
        self.layout = Layout(var)
        self.variables = {"PLAYGROUND_VAR": str(var), **variables}
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.log = var.with_suffix(".log")

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://{self.address}"

    def start(self, seconds: float = 60) -> None:
        """Start it and wait until it answers; raises ``OSError`` with its last words if not."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "playground.serve", "--port", str(self.port)],
                cwd=PROJECT_ROOT,
                env={**os.environ, **self.variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + seconds
        while not self.answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.stop()
                raise OSError(f"the site did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether it serves its first page now."""
        # As a proxy with TLS would ask: where the site is set up for one it sends others there.
        asked = urllib.request.Request(
            f"{self.url}/lessons/", headers={"X-Forwarded-Proto": "https"}
        )
        with suppress(OSError), urllib.request.urlopen(asked, timeout=5) as page:
            return bool(page.status == 200)
        return False

    def stop(self) -> int:
        """Stop it as Ctrl-C does, nothing of it stays; return its exit code."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=120)

    def traces(self) -> list[str]:
        """What it still has on the machine."""
        var = str(self.var)
        group = RuntimeConfig(state_dir=self.var / "node").cgroup_name
        found = [f"process {p.pid} {p.name()}" for p in processes(self.layout)]
        found += [str(p) for p in Path("/sys/fs/cgroup").rglob(group)]
        for file in Path("/sys/block").glob("loop*/loop/backing_file"):
            with suppress(OSError):
                if var in (backing := file.read_text()):
                    found.append(f"loop {backing.strip()}")
        found += [line for line in Path("/proc/mounts").read_text().splitlines() if var in line]
        for process in psutil.process_iter():  # shims, which are known by nothing else
            with suppress(psutil.Error):
                if any(var in word for word in process.cmdline()):
                    found.append(f"process {process.pid} {process.cmdline()}")
        return found
