"""Measured points and the model's curves, side by side."""

from __future__ import annotations

import io
from collections.abc import Sequence

import matplotlib as mpl

mpl.use("svg")

import numpy as np
from matplotlib.figure import Figure

from load.model import FULL_MEMORY, SLOW_KEY, Model, Point


def draw(points: Sequence[Point], model: Model) -> str:
    """Return the picture as SVG: memory, processors and a key's wait by students."""
    figure = Figure(figsize=(11, 3.4))
    most = max(1.2 * min(model.breaks().values()), 1.1 * max(each.students for each in points))
    n = [float(each) for each in np.linspace(0, most, 200)]
    gb = 1024.0
    plots = (
        ("Memory, GB", [each.memory / gb for each in points], [model.memory.at(x) / gb for x in n],
         FULL_MEMORY * model.machine_memory / gb),
        ("Processors in use", [each.cores for each in points], [model.cores.at(x) for x in n],
         model.machine_cores),
        ("A key until it is seen, p95 ms", [each.key_p95 for each in points],
         [min(model.key_p95(x), 3 * SLOW_KEY) for x in n], SLOW_KEY),
    )  # fmt: skip
    for axes, (title, measured, line, bound) in zip(figure.subplots(1, 3), plots, strict=True):
        axes.plot(n, line, color="tab:blue", label="model")
        axes.plot(
            [each.students for each in points], measured, "o", color="black", label="measured"
        )
        axes.axhline(bound, color="tab:red", linestyle="--", linewidth=1, label="bound")
        axes.set(title=title, xlabel="students", xlim=(0, most), ylim=(0, None))
    figure.axes[0].legend(loc="lower right", fontsize="small")
    figure.tight_layout()
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()
