"""``python -m load``: students at a site and what they wait for; ``--sweep``: how that grows."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from load import model, picture, report
from load.run import Asked, Failed, Ran, machine, run


def main() -> int:
    """Run; the exit code says whether all bounds were kept."""
    options = _options()
    target = Path(options.report).resolve()
    numbers = [int(each) for each in options.sweep.split()] if options.sweep else []
    if numbers:
        return _sweep(numbers, options, target)
    ran = _run(options.students, options, target)
    return 0 if ran and _say(ran, target) else 1


def _run(students: int, options: argparse.Namespace, target: Path) -> Ran | None:
    asked = Asked(students, options.minutes, options.rate, options.pool, options.hurry)
    try:
        return run(asked, target)
    except (Failed, OSError) as error:
        print(error, file=sys.stderr)
        return None


def _say(ran: Ran, target: Path) -> bool:
    for name, figures in ran.figures.items():
        print(json.dumps({"load": name, "students": ran.asked.students, **figures}))
    print(json.dumps({"load": "machine", **asdict(ran.point)}))
    verdicts = report.kept(ran.figures, ran.lost)
    for text, good in verdicts:
        print(f"{'✓' if good else '✗'} {text}")
    print(f"report: {target}", flush=True)
    return all(good for _, good in verdicts)


def _sweep(numbers: list[int], options: argparse.Namespace, target: Path) -> int:
    """One run for each number of students, then a model of them, with its picture."""
    points, well = [], True
    for number in numbers:
        file = target.with_name(f"{target.stem}-{number}{target.suffix}")
        ran = _run(number, options, file)
        if ran is None:
            return 1
        well &= _say(ran, file)
        points.append(ran.point)
    try:
        found = model.fit(points, *machine())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    facts = {"points": [asdict(each) for each in points], "model": found.facts()}
    target.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")
    target.with_suffix(".svg").write_text(picture.draw(points, found))
    print(json.dumps({"load": "model", **found.facts()}))
    return 0 if well else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="load")
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--sweep", default="", help="numbers of students, one run for each")
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--rate", type=float, default=2.0, help="students who arrive a second")
    parser.add_argument("--pool", type=int, default=10)
    parser.add_argument("--hurry", action="store_true", help="everybody works all the time")
    parser.add_argument("--report", default="load-report.html")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
