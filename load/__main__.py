"""``python -m load``: start a site, let students at it, say what they waited for."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.site import RunningSite
from load import report
from load.watch import Watch
from playground.runtime.config import PROJECT_ROOT


def main() -> int:
    """Run; the exit code says whether all bounds were kept."""
    options = _options()
    target = Path(options.report).resolve()
    with tempfile.TemporaryDirectory(prefix="docker-playground-load-") as folder:
        site = RunningSite(
            Path(folder) / "var",
            PLAYGROUND_SANDBOXES_PER_ADDRESS="0",
            PLAYGROUND_POOL_MAX=str(options.pool),
        )
        site.start()
        try:
            with Watch(site.var) as watch:
                said = _locust(site.url, folder, options)
        finally:
            site.stop()
        found = report.figures(Path(folder) / "load_stats.csv")
        lost = re.search(r"LOST (\d+)", said)
        if not found or lost is None:
            print(said[-3000:], file=sys.stderr)
            return 1
        title = f"{options.students} students for {options.minutes:g} minutes"
        history = Path(folder) / "load_stats_history.csv"
        report.write(target, title, found, int(lost[1]), watch, history)
    for name, figures in found.items():
        print(json.dumps({"load": name, "students": options.students, **figures}))
    verdicts = report.kept(found, int(lost[1]))
    for text, good in verdicts:
        print(f"{'✓' if good else '✗'} {text}")
    print(f"report: {target}")
    return 0 if all(good for _, good in verdicts) else 1


def _locust(url: str, folder: str, options: argparse.Namespace) -> str:
    command = [
        sys.executable, "-m", "locust", "--headless", "--only-summary", "--locustfile",
        "load/locustfile.py", "--host", url, "--users", str(options.students),
        "--spawn-rate", str(options.rate), "--run-time", f"{int(options.minutes * 60)}s",
        "--csv", f"{folder}/load", "--csv-full-history", "--stop-timeout", "5",
        "--exit-code-on-error", "0", "--loglevel", "WARNING",
    ]  # fmt: skip
    pace = {"PLAYGROUND_LOAD": "hurry" if options.hurry else "1"}
    done = subprocess.run(
        command, cwd=PROJECT_ROOT, env={**os.environ, **pace},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return done.stdout


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="load")
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--rate", type=float, default=2.0, help="students who arrive a second")
    parser.add_argument("--pool", type=int, default=10)
    parser.add_argument("--hurry", action="store_true", help="everybody works all the time")
    parser.add_argument("--report", default="load-report.html")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
