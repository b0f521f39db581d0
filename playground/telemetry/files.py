"""The files in which processes keep what they count, and what is left of ended ones.

Each process has files of its own in ``PROMETHEUS_MULTIPROC_DIR``, by its number. What an ended one
counted stays, for a sum that shrinks would look like a restart of everything; what it *had* (open
connections) must not.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

_LIVE = "gauge_live"


def begin(environ: Mapping[str, str] = os.environ) -> None:
    """Forget what ended processes had; to be called before the first metric is made.

    This process's own number counts as ended: an earlier process may have had it.
    """
    folder = environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder:
        return
    for file in Path(folder).glob(f"{_LIVE}*.db"):
        if _number(file) == os.getpid() or not psutil.pid_exists(_number(file)):
            with suppress(OSError):  # another process that starts does the same
                file.unlink()


def readable(folders: Sequence[Path]) -> list[str]:
    """The files of all processes in those folders, without what ended ones had."""
    found = []
    for folder in folders:
        for file in sorted(folder.glob("*.db")):
            ended = file.name.startswith(_LIVE) and not psutil.pid_exists(_number(file))
            # Links lead nowhere: one folder is the web user's, and root may run the scrape.
            if not ended and not file.is_symlink() and os.access(file, os.R_OK):
                found.append(str(file))
    return found


def _number(file: Path) -> int:
    digits = file.stem.rpartition("_")[2]
    return int(digits) if digits.isdigit() and len(digits) < 10 else 0
