"""The short form in the virtual machine, begun before the tests that need no clock.

An emulated machine takes minutes, most of the other tests wait for something most of the time, and
there are two cores. It runs beside the first tests of a whole run, at the lowest priority, and its
result is looked at when its turn has come.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from playground.runtime.config import PROJECT_ROOT, RuntimeConfig
from tests.vm import machine

#: Where it is, also for the processes that run tests for the one that began it.
_FOLDER = "PLAYGROUND_TEST_VM"
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
    (Path(folder.name) / "pid").write_text(str(process.pid))
    _running = process, folder
    os.environ[_FOLDER] = folder.name


def result(script: str) -> tuple[int, str] | None:
    """The exit code and console of a script that was begun, when it has ended; else ``None``."""
    folder = Path(os.environ.get(_FOLDER, "/nowhere"))
    if not folder.is_dir() or (folder / "script").read_text() != script:
        return None
    pid = int((folder / "pid").read_text())
    while _runs(pid):
        time.sleep(0.5)
    result = folder / "result"
    if not result.exists():
        return -1, (folder / "log").read_text(errors="replace")
    code, console = json.loads(result.read_text())
    return int(code), str(console)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def stop() -> None:
    """End what was begun, and remove its files."""
    global _running
    if _running is None:
        return
    process, folder = _running
    process.terminate()  # the emulator dies with it
    process.wait()
    folder.cleanup()
    os.environ.pop(_FOLDER, None)
    _running = None


def _main(folder: Path) -> None:
    script = (folder / "script").read_text()
    found = machine.run(RuntimeConfig.from_environ(), script, folder)
    (folder / "result").write_text(json.dumps(found))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
