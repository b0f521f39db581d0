"""One run: a site of its own, students at it, and what they waited for."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.site import RunningSite
from load import report
from load.model import Point
from load.watch import PLAYERS, Watch
from playground.runtime.config import PROJECT_ROOT

#: Seconds after the last student's arrival from which a run counts as steady.
_SETTLES = 20.0


class Failed(Exception):
    """The students could not be played; the text is what their player said last."""


@dataclass(frozen=True)
class Asked:
    """What to run: students, minutes, arrivals a second, hosts kept ready."""

    students: int
    minutes: float
    rate: float = 2.0
    pool: int = 10
    hurry: bool = False


@dataclass(frozen=True)
class Ran:
    """What came of it."""

    asked: Asked
    figures: dict[str, dict[str, float]]
    lost: int
    point: Point


def run(asked: Asked, target: Path) -> Ran:
    """Run, and write the report to ``target``; raises ``Failed``, ``OSError``."""
    with tempfile.TemporaryDirectory(prefix="docker-playground-load-") as folder:
        site = RunningSite(
            Path(folder) / "var",
            PLAYGROUND_SANDBOXES_PER_ADDRESS="0",
            PLAYGROUND_POOL_MAX=str(asked.pool),
        )
        site.start()
        try:
            with Watch(site.var) as watch:
                said = _locust(site.url, folder, asked)
        finally:
            site.stop()
        found = report.figures(Path(folder) / "load_stats.csv")
        lost = re.search(r"LOST (\d+)", said)
        if not found or lost is None:
            raise Failed(said[-3000:])
        title = f"{asked.students} students for {asked.minutes:g} minutes"
        history = Path(folder) / "load_stats_history.csv"
        report.write(target, title, found, int(lost[1]), watch, history)
    return Ran(asked, found, int(lost[1]), _point(asked, found, int(lost[1]), watch))


def _point(asked: Asked, found: dict[str, dict[str, float]], lost: int, watch: Watch) -> Point:
    after = min(asked.students / asked.rate + _SETTLES, asked.minutes * 30)
    cpu = watch.steady(after, "machine", watch.cpu) - watch.steady(after, PLAYERS, watch.cpu)
    memory = {name: watch.steady(after, name, watch.memory) for name in ("machine", PLAYERS)}
    key, claim = found.get("key", {}), found.get("claim", {})
    return Point(
        students=asked.students,
        memory=memory["machine"] - memory[PLAYERS],
        cores=cpu / 100,
        key_p50=key.get("50%", float("nan")),
        key_p95=key.get("95%", float("nan")),
        claim_p95=claim.get("95%", float("nan")),
        failed=int(found.get("Aggregated", {}).get("failed", 0)),
        lost=lost,
    )


def machine() -> tuple[float, float]:
    """Memory in MB and processors of this machine."""
    return psutil.virtual_memory().total / (1 << 20), float(psutil.cpu_count() or 1)


def _locust(url: str, folder: str, asked: Asked) -> str:
    command = [
        sys.executable, "-m", "locust", "--headless", "--only-summary", "--locustfile",
        "load/locustfile.py", "--host", url, "--users", str(asked.students),
        "--spawn-rate", str(asked.rate), "--run-time", f"{int(asked.minutes * 60)}s",
        "--csv", f"{folder}/load", "--csv-full-history", "--stop-timeout", "5",
        "--exit-code-on-error", "0", "--loglevel", "WARNING",
    ]  # fmt: skip
    pace = {"PLAYGROUND_LOAD": "hurry" if asked.hurry else "1"}
    done = subprocess.run(
        command, cwd=PROJECT_ROOT, env={**os.environ, **pace},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return done.stdout
