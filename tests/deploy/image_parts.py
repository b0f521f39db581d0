"""What a build of the image takes from the network, fetched by the machine: its engine has none."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from playground.runtime.config import PROJECT_ROOT, RuntimeConfig
from playground.runtime.recipes import SUITE, build_lock, debian_mirror

#: The folders of the checkout that the image leaves out, and what no clone has.
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", "var", "__pycache__", ".*_cache", "node_modules", "tests", "bench", "load"
)


def debian_packages() -> list[str]:
    """What ``scripts/bootstrap.sh run`` and the recipe install, read from them."""
    script = (PROJECT_ROOT / "scripts" / "bootstrap.sh").read_text()
    found = re.search(r"^packages=\(\n(.*?)^\)", script, re.MULTILINE | re.DOTALL)
    assert found
    recipe = (PROJECT_ROOT / "deploy" / "image" / "Dockerfile").read_text()
    assert "--no-install-recommends catatonit;" in recipe
    return [*found[1].split(), "catatonit"]


def base() -> Path:
    """A Debian as ``debian:trixie-slim``, with those packages already in it, as a tar."""
    names = debian_packages()
    target = _folder() / f"base-{SUITE}-{_hash(' '.join(names))}.tar"
    with build_lock(RuntimeConfig.from_environ().cache_dir):
        if not target.exists():
            scratch = target.with_name(f".{target.name}")
            subprocess.run(
                ["unshare", "--mount", "mmdebstrap", "--mode=root", "--variant=minbase",
                 "--quiet", f"--include={','.join(names)}", SUITE, scratch, debian_mirror()],
                check=True,
            )  # fmt: skip
            scratch.rename(target)
    return target


def wheels() -> Path:
    """Python's packages for the image's Python, as a folder of wheels."""
    requirements = PROJECT_ROOT / "requirements.txt"
    target = _folder() / f"wheels-{_hash(requirements.read_text())}"
    with build_lock(RuntimeConfig.from_environ().cache_dir):
        if not target.is_dir():
            scratch = target.with_name(f".{target.name}")
            platforms = ("manylinux2014_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64")
            subprocess.run(
                [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:",
                 "--disable-pip-version-check", "--python-version", "3.13",
                 *(word for each in platforms for word in ("--platform", each)),
                 "--dest", scratch, "--requirement", requirements],
                check=True,
            )  # fmt: skip
            scratch.rename(target)
    return target


def source(folder: Path) -> Path:
    """The checkout as it is, with what the browser gets, in a folder of its own."""
    shutil.copytree(PROJECT_ROOT, folder, ignore=_LEFT_OUT, symlinks=True)
    return folder


def _folder() -> Path:
    folder = RuntimeConfig.from_environ().cache_dir / "packages"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
