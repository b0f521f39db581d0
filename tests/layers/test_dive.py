"""The same figures as dive's, the real one from PyPI, on the same archives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from playground.layers import efficiency
from playground.layers.archive import Archive
from playground.layers.efficiency import Efficiency
from tests.layers import images

pytestmark = pytest.mark.sandbox

_DIVE = Path(sys.executable).with_name("dive")
NAMES = [*images.CATALOGUE, *(f"built/{name}" for name in images.BUILT)]


def dive(archive: Path) -> dict[str, Any]:
    """What dive finds in an archive."""
    report = archive.with_suffix(".json")
    subprocess.run(
        [_DIVE, "--json", report, f"docker-archive://{archive}"],
        check=True,
        capture_output=True,
        timeout=120,
        env={**os.environ, "CI": "false"},
    )
    found: dict[str, Any] = json.loads(report.read_text())["image"]
    return found


def ours(path: Path) -> Efficiency:
    with Archive(path) as archive:
        (image,) = archive.images
        return efficiency.measure([archive.read_layer(digest) for digest in image.digests])


def wasted(figures: Efficiency) -> list[tuple[str, int, int]]:
    """Our wasted paths as dive's report has them: path, versions, bytes."""
    return sorted(
        ("/" + each.path.decode(errors="replace"), len(each.versions), each.size)
        for each in figures.wasted
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_same_figures(saved: Callable[[str], Path], name: str) -> None:
    archive = saved(name)
    theirs, figures = dive(archive), ours(archive)
    assert figures.score == pytest.approx(theirs["efficiencyScore"], abs=1e-12)
    assert figures.wasted_bytes == theirs["inefficientBytes"]
    assert figures.size_bytes == theirs["sizeBytes"]
    files = sorted((f["file"], f["count"], f["sizeBytes"]) for f in theirs["fileReference"])
    assert wasted(figures) == files
