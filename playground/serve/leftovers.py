"""Finding and ending what an earlier run of the same playground left behind."""

from __future__ import annotations

import os
from contextlib import suppress

import psutil

from playground.serve.layout import WEB_ID, Layout


def processes(layout: Layout) -> list[psutil.Process]:
    """Processes that an earlier run of this very playground started.

    They are known by a variable in their environment that holds this playground's folder; Redis,
    which writes its title over its environment, by its pid file.
    """
    found = _redis(layout)
    own = {os.getpid(), *(p.pid for p in psutil.Process().parents())}
    for process in psutil.process_iter():
        if process.pid in own:
            continue
        with suppress(psutil.Error, OSError):
            if process.environ().get("PLAYGROUND_SERVE") == str(layout.var):
                found.append(process)
    return found


def _redis(layout: Layout) -> list[psutil.Process]:
    with suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int(layout.redis_pid.read_text()))
        # A number may have come round again: it must still be one without rights, of that name.
        if process.uids().effective == WEB_ID and process.name().startswith(("redis", "valkey")):
            return [process]
    return []


def end(layout: Layout, seconds: float = 5.0) -> int:
    """End them, by their ids; return how many there were."""
    found = processes(layout)
    for process in found:
        with suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(found, timeout=seconds)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=seconds)
    return len(found)
