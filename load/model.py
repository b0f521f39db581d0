"""What the measured points say of many more students: a small model, fitted to them.

Memory and processor time grow by a fixed amount for each student. A key waits longer the busier
the processors are, as in a queue with one server (the M/M/1 queue: Kleinrock, Queueing Systems I,
1975): ``wait = fixed + served * u / (1 - u)``, with ``u`` the share of the processors in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

#: A machine is full when so much of its memory is used, or a key's 95th percentile takes so long.
FULL_MEMORY, SLOW_KEY = 0.9, 100.0


@dataclass(frozen=True)
class Point:
    """One run. Memory in MB, processors in use, milliseconds; the players' share is taken out."""

    students: int
    memory: float
    cores: float
    key_p50: float
    key_p95: float
    claim_p95: float
    failed: int
    lost: int


@dataclass(frozen=True)
class Line:
    """``base + each * n``."""

    base: float
    each: float

    def at(self, n: float) -> float:
        """Its value for so many students."""
        return self.base + self.each * n

    def reaches(self, value: float) -> float:
        """For how many students it has a value; endless if it never does."""
        return (value - self.base) / self.each if self.each > 0 else float("inf")


@dataclass(frozen=True)
class Model:
    """Lines for memory (MB) and processors, and a key's wait (ms) by the share in use."""

    memory: Line
    cores: Line
    fixed: float
    served: float
    machine_memory: float
    machine_cores: float

    def key_p95(self, students: float) -> float:
        """Milliseconds that a key takes at the 95th percentile; endless when it is too much."""
        used = self.cores.at(students) / self.machine_cores
        return self.fixed + self.served * used / (1 - used) if used < 1 else float("inf")

    def breaks(self) -> dict[str, float]:
        """For how many students which resource ends."""
        slow = (SLOW_KEY - self.fixed) / self.served if self.served > 0 else float("inf")
        share = slow / (1 + slow) if slow != float("inf") else 1.0
        return {
            "memory": self.memory.reaches(FULL_MEMORY * self.machine_memory),
            "processors": self.cores.reaches(share * self.machine_cores),
        }

    def machines(self, students: int) -> int:
        """How many such machines so many students need."""
        return int(np.ceil(students / max(1, int(min(self.breaks().values())))))

    def facts(self) -> dict[str, object]:
        """As JSON takes it."""
        return {**asdict(self), "breaks": self.breaks(), "next_thousand": self.machines(1000)}


def fit(points: Sequence[Point], memory: float, cores: float) -> Model:
    """Fit a model to points of one machine, least squares; raises ``ValueError`` for too few."""
    if not all(np.isfinite([[each.memory, each.cores, each.key_p95] for each in points]).ravel()):
        raise ValueError("a run was too short for a figure: nobody typed, or nothing was steady")
    if len({each.students for each in points}) < 3:
        raise ValueError("a model needs runs with three different numbers of students")
    n = [float(each.students) for each in points]
    grows = _line(n, [each.cores for each in points])
    used = np.array([min(0.99, max(0.0, grows.at(each) / cores)) for each in n])
    waits = _line([float(u) for u in used / (1 - used)], [each.key_p95 for each in points])
    return Model(
        memory=_line(n, [each.memory for each in points]),
        cores=grows,
        fixed=waits.base,
        served=waits.each,
        machine_memory=memory,
        machine_cores=cores,
    )


def _line(x: Sequence[float], y: Sequence[float]) -> Line:
    each, base = np.polyfit(x, y, 1)
    return Line(float(base), float(each))
