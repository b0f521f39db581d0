"""``python -m playground.layers.reader [--all] ARCHIVE CACHE``: a stranger's archive, bounded.

A process of its own, which bounds itself before it opens anything: whatever the archive is made to
do to it, it ends, and nothing else does. It answers the questions of
:mod:`playground.layers.conversation`, one a line, each on a line. With ``--all`` it reads all
layers instead and says how far it is: ``{"read": layers, "of": layers}``. A line
``{"error": word}`` is the last in either case.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from playground.layers import conversation
from playground.layers.archive import Archive
from playground.layers.errors import LayersError
from playground.layers.index import Cache
from playground.layers.library import ArchiveLibrary

#: Bytes of address space: a zstd window of 128 MB, and as many entries as an image is measured by.
MOST_MEMORY = 768 << 20
#: Seconds of processor time; a process that waits uses none.
MOST_SECONDS = 900
#: Bytes of one file that it writes; an index of a layer takes a tenth at the most.
_MOST_WRITTEN = 1 << 30
#: Bytes that an archive's indexes may take, the oldest going first.
MOST_CACHED = 256 << 20
_MOST_FILES = 600
_PR_SET_PDEATHSIG = 1


def bound_itself(memory: int = MOST_MEMORY) -> None:
    """Take no more than a share of the machine, and end with the process that started this one."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: MOST_SECONDS,
        resource.RLIMIT_FSIZE: _MOST_WRITTEN,
        resource.RLIMIT_NOFILE: _MOST_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for which, most in limits.items():
        resource.setrlimit(which, (most, most))
    os.nice(10)
    with suppress(OSError):  # where the machine's memory ends, this goes first
        Path("/proc/self/oom_score_adj").write_text("1000")


def say(document: dict[str, Any]) -> None:
    """Write a line."""
    print(json.dumps(document), flush=True)


def read_all(library: ArchiveLibrary) -> None:
    """Read what is not known yet of all layers, saying how far it is, and measure all images."""
    layers = [(image, n) for image in library.images() for n in range(len(image.layers))]
    for done, (image, number) in enumerate(layers):
        say({"read": done, "of": len(layers)})
        library.index(image, number)
    for image in library.images():
        library.figures(image)
    say({"read": len(layers), "of": len(layers)})


def answer_all(library: ArchiveLibrary) -> None:
    """Answer until nobody asks any more."""
    for line in iter(lambda: sys.stdin.buffer.readline(conversation.MOST_QUESTION + 1), b""):
        print(conversation.reply(lambda: library, line), flush=True)


def main(archive: str, cache: str, *, everything: bool) -> int:
    """Read one archive; 1 for one that cannot be read."""
    try:
        with Archive(Path(archive)) as opened:
            library = ArchiveLibrary(opened, Cache(Path(cache), most_bytes=MOST_CACHED))
            (read_all if everything else answer_all)(library)
    except LayersError as error:
        say({"error": error.code})
        return 1
    except MemoryError:
        say({"error": "large"})
        return 1
    return 0


if __name__ == "__main__":
    bound_itself()
    wanted = sys.argv[1:]
    sys.exit(main(*wanted[-2:], everything=wanted[0] == "--all"))
