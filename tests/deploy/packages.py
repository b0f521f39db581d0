"""Programs of the distribution, not installed: a proxy must not start as a service."""

from __future__ import annotations

import subprocess
from pathlib import Path

from playground.runtime.config import RuntimeConfig
from playground.runtime.recipes import build_lock


def unpacked(package: str) -> Path:
    """The folder with a package's files; fetched once a machine and version."""
    cache = RuntimeConfig.from_environ().cache_dir
    shown = _policy(package)
    if "Candidate:" not in shown:  # a machine whose lists of packages are not there
        subprocess.run(["apt-get", "update", "-q"], check=True, capture_output=True)
        shown = _policy(package)
    assert "Candidate:" in shown, f"apt knows no {package}"
    version = shown.split("Candidate:")[1].split()[0].replace(":", "_").replace("/", "_")
    target = cache / "packages" / f"{package}-{version}"
    with build_lock(cache):
        if not target.is_dir():
            scratch = target.with_name(f".{target.name}")
            scratch.mkdir(parents=True, exist_ok=True)
            subprocess.run(
                ["apt-get", "download", "-q", package], cwd=scratch, check=True, capture_output=True
            )
            for file in scratch.glob("*.deb"):
                subprocess.run(["dpkg", "-x", file, scratch], check=True)
                file.unlink()
            scratch.rename(target)
    return target


def _policy(package: str) -> str:
    return subprocess.run(
        ["apt-cache", "policy", package], capture_output=True, text=True, check=True
    ).stdout
