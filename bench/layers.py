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

    ``cold`` reads every layer, up to the answer; ``kept`` also has what the site does after that,
    checking digests (which dive does not) and writing the indexes; ``warm`` finds what that kept.
    All run in this process, as they do in the site; ``process`` is the whole as a command, with
    Python's own start, as dive is one. Ratios are of medians over all images.
    """
    with tempfile.TemporaryDirectory() as scratch:
        archives = _archives(Path(scratch))
        cache = Path(scratch) / "cache"
        samples: dict[str, list[float]] = {name: [] for name in ("dive", *_OURS)}
        for _ in range(n):
            for archive in archives:
                samples["dive"].append(_time(_dive, archive))
                shutil.rmtree(cache, ignore_errors=True)
                for name, run in _OURS.items():
                    samples[name].append(_time(run, archive, cache))
    median = {name: statistics.median(values) for name, values in samples.items()}
    line = {
        "bench": "layers.analyse",
        "unit": "ratio",
        "ratio_cold": round(median["cold"] / median["dive"], 3),
        "ratio_warm": round(median["warm"] / median["dive"], 4),
        "ratio_kept": round(median["kept"] / median["dive"], 3),
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


def _time(run: Callable[..., None], *arguments: Path) -> float:
    started = time.perf_counter()
    run(*arguments)
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


def _cold(archive: Path, cache: Path) -> None:
    with Archive(archive) as opened:
        ArchiveLibrary(opened, Cache(cache)).analyse(opened.images[0])


def _kept(archive: Path, cache: Path) -> None:
    with Archive(archive) as opened:
        library = ArchiveLibrary(opened, Cache(cache))
        library.analyse(opened.images[0])
        library.keep(opened.images[0])


def _process(archive: Path, _: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "playground.layers", archive], check=True, capture_output=True
    )


#: In this order: the second leaves behind what the third finds, which is what the first computes.
_OURS: dict[str, Callable[[Path, Path], None]] = {
    "cold": _cold,
    "kept": _kept,
    "warm": _cold,
    "process": _process,
}
