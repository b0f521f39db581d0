"""Samples in, one JSON line out."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from typing import Any


def percentile(samples: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; ``share`` from 0 to 1."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def report(bench: str, unit: str, samples: Sequence[float], **more: Any) -> None:
    """Print a measurement."""
    line = {
        "bench": bench,
        "unit": unit,
        "p50": round(statistics.median(samples), 1),
        "p95": round(percentile(samples, 0.95), 1),
        "n": len(samples),
        **more,
    }
    print(json.dumps(line), flush=True)
