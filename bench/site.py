"""A site of a benchmark's own."""

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
from contextlib import contextmanager
from pathlib import Path

from playground.runtime.config import PROJECT_ROOT
from playground.serve.layout import Layout


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

    def __init__(self, var: Path, **variables: str) -> None:
        self.layout = Layout(var)
        self.variables = {"PLAYGROUND_VAR": str(var), **variables}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.process: subprocess.Popen[bytes] | None = None
        self.log = var.with_suffix(".log")

    def start(self) -> None:
        """Start it and wait until it answers."""
        port = self.address.rsplit(":", 1)[1]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "playground.serve", "--port", port],
                cwd=PROJECT_ROOT,
                env={**os.environ, **self.variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://{self.address}/lessons/", timeout=5):
                    return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        """Stop it as Ctrl-C does; nothing of it stays."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(timeout=120)
