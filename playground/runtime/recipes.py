"""Built things: named by the hash of what they are made from, made once, kept in the cache."""

from __future__ import annotations

import fcntl
import hashlib
import platform
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playground.runtime.errors import BuildFailed

#: Called with a short line about what a long build is doing now.
Progress = Callable[[str], None]

DEFAULT_MIRROR = "http://deb.debian.org/debian"
SUITE = "trixie"


def recipe_hash(version: str, *folders: Path, extra: Iterable[str] = ()) -> str:
    """Hash every file below ``folders`` (name, mode, content), ``version`` and ``extra``.

    16 hexadecimal digits. ``version`` changes when the building code changes what it makes.
    """
    digest = hashlib.sha256(f"{version}\0{platform.machine()}\0".encode())
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            executable = path.stat().st_mode & 0o100
            digest.update(f"{path.relative_to(folder)}\0{executable}\0".encode())
            digest.update(path.read_bytes() + b"\0")
    for text in extra:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:16]


@contextmanager
def build_lock(cache: Path, *, wait: bool = True) -> Iterator[None]:
    """Let one build at a time work in the cache; a second one waits for the first.

    Without ``wait`` it raises ``BlockingIOError``.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def debian_mirror() -> str:
    """The Debian archive that this machine already uses, else the public one."""
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
    )
    for uri in asked.stdout.split():
        if uri.rstrip("/").endswith("/debian"):
            return uri.rstrip("/")
    return DEFAULT_MIRROR


def run_logged(command: list[str], progress: Progress, what: str, tail: int = 15) -> None:
    """Run a long command, pass its lines to ``progress``; raises ``BuildFailed`` with the last."""
    lines: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout
        try:
            for line in process.stdout:
                if text := line.strip():
                    lines = [*lines[1 - tail :], text]
                    progress(text)
        except BaseException:
            process.terminate()  # it was told to stop; it ends what it has started itself
            raise
    if process.returncode != 0:
        raise BuildFailed(
            f"{what} failed with exit code {process.returncode}:\n  " + "\n  ".join(lines) + "\n",
            "If the package mirror cannot be reached, check the network and run it again",
        )
