"""Memory of processes as they share it: proportional set size."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def pss_mb(pids: Iterable[int]) -> float:
    """The sum of the processes' PSS in MB (10**6 bytes), from ``smaps_rollup``."""
    total = 0
    for pid in pids:
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += int(next(line for line in lines if line.startswith("Pss:")).split()[1]) << 10
    return total / 1e6
