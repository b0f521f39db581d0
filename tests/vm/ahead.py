"""The short form in the virtual machine, begun before the tests that need no clock.

An emulated machine takes minutes, most of the other tests wait for something most of the time, and
there are two cores. It runs beside the first tests of a whole run, at the lowest priority, and its
result is looked at when its turn has come.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from playground.runtime.config import PROJECT_ROOT, RuntimeConfig
from tests.vm import machine

_running: tuple[subprocess.Popen[bytes], tempfile.TemporaryDirectory[str]] | None = None


def start(script: str) -> None:
    """Begin; one script a run."""
    global _running
    folder = tempfile.TemporaryDirectory(prefix="docker-playground-vm-")
    (Path(folder.name) / "script").write_text(script)
    command = [
        "setpriv", "--pdeathsig", "TERM", "nice", "-n", "19",
        sys.executable, "-m", "tests.vm.ahead", folder.name,
    ]  # fmt: skip
    with (Path(folder.name) / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=log, stderr=log)
    _running = process, folder


def result(script: str) -> tuple[int, str] | None:
    """The exit code and console of a script that was begun, when it has ended; else ``None``."""
    if _running is None:
        return None
    process, folder = _running
    if (Path(folder.name) / "script").read_text() != script:
        return None
    process.wait()
    result = Path(folder.name) / "result"
    if not result.exists():
        return -1, (Path(folder.name) / "log").read_text(errors="replace")
    code, console = json.loads(result.read_text())
    return int(code), str(console)


def stop() -> None:
    """End what was begun, and remove its files."""
    global _running
    if _running is None:
        return
    process, folder = _running
    process.terminate()  # the emulator dies with it
    process.wait()
    folder.cleanup()
    _running = None


def _main(folder: Path) -> None:
    script = (folder / "script").read_text()
    found = machine.run(RuntimeConfig.from_environ(), script, folder)
    (folder / "result").write_text(json.dumps(found))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
