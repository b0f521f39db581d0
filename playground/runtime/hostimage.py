"""The host image: the root file system of a student's Docker host, shared read-only by all."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from playground.runtime.config import PROJECT_ROOT, RuntimeConfig
from playground.runtime.errors import SandboxError
from playground.runtime.recipes import (
    SUITE,
    Progress,
    build_lock,
    debian_mirror,
    recipe_hash,
    run_logged,
)

RECIPE = PROJECT_ROOT / "images" / "host"
_VERSION = "1"

#: Nobody reads manual pages in a sandbox without `man`, and they are a fifth of the image.
_LEFT_OUT = ("/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*")


def key() -> str:
    """The hash of this checkout's recipe."""
    return recipe_hash(_VERSION, RECIPE)


def path(config: RuntimeConfig) -> Path:
    """Where the host image of this recipe is, or will be."""
    return config.cache_dir / "host" / key() / "rootfs"


def get(config: RuntimeConfig, key: str) -> Path:
    """The host image that a sandbox was made with; raises ``SandboxError`` if it is gone."""
    rootfs = config.cache_dir / "host" / key / "rootfs" if key else path(config)
    if not rootfs.is_dir():
        raise SandboxError(f"The host image {key} that it was made with is gone")
    return rootfs


def packages() -> list[str]:
    """The Debian packages of the recipe."""
    lines = (RECIPE / "packages.txt").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def build(config: RuntimeConfig, progress: Progress) -> Path:
    """Make the host image unless it is there; return its path. Raises ``BuildFailed``."""
    target = path(config)
    with build_lock(config.cache_dir):
        if target.is_dir():
            return target
        scratch = target.parent.with_name(f".building-{target.parent.name}")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        rootfs = scratch / "rootfs"
        bootstrap(rootfs, packages(), progress)
        progress("settling files")
        _settle(rootfs)
        scratch.rename(target.parent)
    return target


def bootstrap(target: Path, include: list[str], progress: Progress) -> None:
    """Install a minimal Debian with the given packages into a new folder.

    In a mount namespace of its own, so that an interrupted run leaves no mounts behind.
    """
    command = ["unshare", "--mount", "mmdebstrap", "--mode=root", "--variant=minbase"]
    command += [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
    command += ['--aptopt=Apt::Install-Recommends "false"']
    if include:
        command += [f"--include={','.join(include)}"]
    run_logged([*command, SUITE, str(target), debian_mirror()], progress, "mmdebstrap")


def _settle(rootfs: Path) -> None:
    """Lay the recipe's own files over the installed ones and drop what came from this machine."""
    subprocess.run(
        ["cp", "--recursive", "--no-preserve=ownership", "--preserve=mode", "--no-target-directory",
         RECIPE / "files", rootfs],
        check=True,
    )  # fmt: skip
    for name in ("", "root", "etc", "usr"):
        (rootfs / name).chmod(0o755)
    subprocess.run(
        ["chroot", rootfs, "update-alternatives", "--set", "iptables", "/usr/sbin/iptables-nft"],
        check=True,
        capture_output=True,
    )
    # The machine's name servers are no business of a sandbox without a network.
    (rootfs / "etc" / "resolv.conf").write_text("# no network outside this host\n")
    (rootfs / "etc" / "machine-id").write_text("")
