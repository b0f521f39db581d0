"""The report: figures against what is to be kept, and plots over time."""

from __future__ import annotations

import csv
import html
import io
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")

from matplotlib.figure import Figure

from load.watch import Watch

#: What is to be kept, in milliseconds at the 95th percentile.
BOUNDS = {"key": 100.0, "claim": 2000.0}


def figures(stats: Path) -> dict[str, dict[str, float]]:
    """Locust's table by name: requests, failures, 50 %, 95 %, 99 % in milliseconds."""
    found = {}
    with stats.open() as file:
        for row in csv.DictReader(file):
            if int(row["Request Count"]):
                found[row["Name"]] = {
                    "n": int(row["Request Count"]),
                    "failed": int(row["Failure Count"]),
                    **{p: float(row[p]) for p in ("50%", "95%", "99%")},
                }
    return found


def kept(found: dict[str, dict[str, float]], lost: int) -> list[tuple[str, bool]]:
    """Each bound as a sentence, and whether it was kept."""
    said = []
    for name, most in BOUNDS.items():
        value = found.get(name, {}).get("95%", float("inf"))
        said.append((f"{name}: p95 {value:.0f} ms, at most {most:.0f}", value <= most))
    failed = int(found.get("Aggregated", {}).get("failed", 1))
    said.append((f"errors: {failed}", failed == 0))
    said.append((f"lost bytes: {lost}", lost == 0))
    return said


def write(
    target: Path, title: str, found: dict[str, dict[str, float]], lost: int, watch: Watch,
    history: Path,
) -> None:  # fmt: skip
    """Write the page: one file, nothing from elsewhere."""
    rows = "".join(
        f"<tr><td>{html.escape(name)}<td>{int(f['n'])}<td>{int(f['failed'])}"
        f"<td>{f['50%']:.0f}<td>{f['95%']:.0f}<td>{f['99%']:.0f}"
        for name, f in found.items()
    )
    verdicts = "".join(
        f"<li>{'✓' if good else '✗'} {html.escape(text)}" for text, good in kept(found, lost)
    )
    plots = [
        _latency(history),
        _plot(watch.seconds, watch.memory, "MB", "Memory"),
        _plot(watch.seconds, watch.cpu, "% of one CPU", "Processor"),
        _plot(watch.seconds, {"sandboxes": [float(n) for n in watch.sandboxes]}, "", "Sandboxes"),
    ]
    target.write_text(
        f"<!doctype html><meta charset=utf-8><title>{html.escape(title)}</title>"
        "<style>body{font:16px system-ui;max-width:60rem;margin:2rem auto}"
        "td,th{padding:.2rem .8rem;text-align:right}td:first-child{text-align:left}"
        "svg{max-width:100%;height:auto}</style>"
        f"<h1>{html.escape(title)}</h1><ul>{verdicts}</ul><table><tr><th>what<th>n<th>failed"
        f"<th>p50 ms<th>p95<th>p99{rows}</table>{''.join(plots)}"
    )


def _latency(history: Path) -> str:
    seconds: list[float] = []
    lines: dict[str, list[float]] = {"p50": [], "p95": []}
    with history.open() as file:
        rows = [row for row in csv.DictReader(file) if row["Name"] == "key"]
    for row in rows:
        if row["50%"] != "N/A":
            seconds.append(float(row["Timestamp"]) - float(rows[0]["Timestamp"]))
            lines["p50"].append(float(row["50%"]))
            lines["p95"].append(float(row["95%"]))
    return _plot(seconds, lines, "ms", "A key until it is seen")


def _plot(seconds: list[float], lines: dict[str, list[float]], unit: str, title: str) -> str:
    figure = Figure(figsize=(9, 3))
    axes = figure.subplots()
    for name, values in lines.items():
        axes.plot(seconds[: len(values)], values[: len(seconds)], label=name)
    axes.set(title=title, xlabel="seconds", ylabel=unit, ylim=(0, None))
    if len(lines) > 1:
        axes.legend(loc="upper left", fontsize="small")
    figure.tight_layout()
    out = io.StringIO()
    figure.savefig(out, format="svg")
    return out.getvalue()[out.getvalue().index("<svg") :].split('dtd">', 1)[-1]
