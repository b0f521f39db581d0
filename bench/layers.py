"""What is in an image, ours against ``dive``, on the same archives in one run."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from playground.layers.archive import Archive
from playground.layers.index import Cache
from playground.layers.library import ArchiveLibrary
from playground.runtime.catalogue import store
from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node
from playground.runtime.private_mounts import leave_machine_mounts
from playground.runtime.sandbox import Sandbox

_DIVE = Path(sys.executable).with_name("dive")


def analyse(n: int = 5) -> None:
    """Efficiency, waste and its files of every image of the catalogue, saved by an engine.

    ``cold`` reads every layer, checks its digest and writes its index; ``warm`` finds what the cold
    run has kept. Both run in this process, as they do in the site; ``process_ms_p50`` is cold as a
    command with Python's own start, as dive is one. Ratios are of medians over all images.
    """
    with tempfile.TemporaryDirectory() as scratch:
        archives = _archives(Path(scratch))
        cache = Path(scratch) / "cache"
        samples: dict[str, list[float]] = {"dive": [], "cold": [], "warm": [], "process": []}
        for _ in range(n):
            for archive in archives:
                samples["dive"].append(_time(lambda a=archive: _dive(a)))  # type: ignore[misc]
                shutil.rmtree(cache, ignore_errors=True)
                samples["cold"].append(_time(lambda a=archive: _ours(a, cache)))  # type: ignore[misc]
                samples["warm"].append(_time(lambda a=archive: _ours(a, cache)))  # type: ignore[misc]
                samples["process"].append(_time(lambda a=archive: _process(a)))  # type: ignore[misc]
    median = {name: statistics.median(values) for name, values in samples.items()}
    line = {
        "bench": "layers.analyse",
        "unit": "ratio",
        "ratio_cold": round(median["cold"] / median["dive"], 3),
        "ratio_warm": round(median["warm"] / median["dive"], 4),
        "ratio_process": round(median["process"] / median["dive"], 3),
        **{f"{name}_ms_p50": round(value, 1) for name, value in median.items()},
        "images": len(archives),
        "n": len(samples["dive"]),
    }
    print(json.dumps(line), flush=True)


def _archives(folder: Path) -> list[Path]:
    node = Node(replace(RuntimeConfig.from_environ(), state_dir=folder / "node"))
    try:
        catalogue = store.find(node.config)
        if catalogue is None:
            raise SystemExit("the catalogue is not built")
        sandbox = node.create()
        names = [image["name"] for image in catalogue.images()]
        return [_save(sandbox, name, folder / f"{name}.tar") for name in names]
    finally:
        node.shutdown()


def _save(sandbox: Sandbox, name: str, target: Path) -> Path:
    with target.open("wb") as file:
        command = sandbox.exec_command(["docker", "save", name])
        subprocess.run(command, stdout=file, check=True, preexec_fn=leave_machine_mounts)
    return target


def _time(run: Callable[[], None]) -> float:
    started = time.perf_counter()
    run()
    return (time.perf_counter() - started) * 1000


def _dive(archive: Path) -> None:
    # Its exit code says whether the image is within dive's own limits.
    done = subprocess.run(
        [_DIVE, "--ci", f"docker-archive://{archive}"],
        capture_output=True,
        env={**os.environ, "CI": "true"},
    )
    if b"efficiency:" not in done.stdout:
        raise SystemExit(f"dive failed: {done.stderr.decode(errors='replace')[-300:]}")


def _ours(archive: Path, cache: Path) -> None:
    with Archive(archive) as opened:
        library = ArchiveLibrary(opened, Cache(cache))
        library.analyse(opened.images[0])


def _process(archive: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "playground.layers", archive], check=True, capture_output=True
    )
