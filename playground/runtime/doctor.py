"""What a machine must have to run sandboxes, looked at one thing at a time."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from playground.runtime import cgroups, disks, egress_checks, hostimage, idmap, syscalls
from playground.runtime.catalogue import store
from playground.runtime.config import RuntimeConfig
from playground.runtime.errors import SandboxError
from playground.runtime.private_mounts import in_private_mounts

#: Idmapped mounts below overlayfs (kernel commit "ovl: support idmapped layers").
_KERNEL = (5, 19)
_CRUN = (1, 0)
#: Host image, catalogue and a few sandboxes' writes, in bytes.
_DISK_NEEDED = 6 << 30
_DISK_WANTED = 15 << 30
_MEMORY_WANTED = 2 << 30
_TOOLS = {
    "unshare": "util-linux",
    "mkfs.ext4": "e2fsprogs",
    "mmdebstrap": "mmdebstrap",
    "slirp4netns": "slirp4netns",
    "cp": "coreutils",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: ``level`` is ``ok``, ``warning`` or ``error``."""

    name: str
    level: str
    detail: str
    mend: str = ""

    @property
    def stops_sandboxes(self) -> bool:
        """Whether no sandbox can run because of it."""
        return self.level == "error"

    def to_json(self) -> dict[str, Any]:
        """The finding as plain data."""
        return asdict(self)


def examine(config: RuntimeConfig, *, built: bool = True) -> list[Finding]:
    """Look at the machine; ``built`` also asks for the host image and the catalogue."""
    checks: list[Callable[[RuntimeConfig], Iterator[Finding]]] = [
        _root, _kernel, _cgroup, _runtime, _tools, _user_namespaces, _file_systems, _disk, _memory,
        _egress,
    ]  # fmt: skip
    if built:
        checks.append(_built)
    return [finding for check in checks for finding in check(config)]


def reason(config: RuntimeConfig) -> str:
    """Why this machine cannot run sandboxes, in one line; empty if it can."""
    return "; ".join(
        f"{f.name}: {f.detail}. {f.mend}" for f in examine(config) if f.stops_sandboxes
    )


def _root(_: RuntimeConfig) -> Iterator[Finding]:
    if os.geteuid() == 0:
        yield Finding("rights", "ok", "root")
    else:
        yield Finding("rights", "error", "not root", "Run it with sudo")


def _version(text: str) -> tuple[int, int]:
    found = re.search(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _kernel(_: RuntimeConfig) -> Iterator[Finding]:
    release = platform.release()
    if _version(release) >= _KERNEL:
        yield Finding("kernel", "ok", release)
    else:
        yield Finding(
            "kernel",
            "error",
            f"{release} is older than {_KERNEL[0]}.{_KERNEL[1]}, idmapped mounts below overlayfs",
            "Install a newer one; on Ubuntu 22.04: apt install linux-generic-hwe-22.04",
        )


def _cgroup(_: RuntimeConfig) -> Iterator[Finding]:
    if missing := cgroups.missing_controllers():
        yield Finding(
            "cgroups",
            "error",
            f"{cgroups.mode()}, without {', '.join(missing)}",
            "Enable these controllers on the kernel's command line",
        )
    else:
        yield Finding("cgroups", "ok", cgroups.mode())


def _runtime(config: RuntimeConfig) -> Iterator[Finding]:
    try:
        said = subprocess.run([config.crun, "--version"], capture_output=True, text=True).stdout
    except (FileNotFoundError, PermissionError):
        yield Finding(
            "OCI runtime", "error", f"`{config.crun}` is not installed", "apt install crun"
        )
        return
    first = said.splitlines()[0] if said else "no version"
    if config.crun.endswith("crun") and _version(first) < _CRUN:
        yield Finding(
            "OCI runtime", "warning", f"{first}: older than 1.0, not tried", "Install a newer crun"
        )
    else:
        yield Finding("OCI runtime", "ok", first)


def _tools(_: RuntimeConfig) -> Iterator[Finding]:
    lacking = [package for tool, package in _TOOLS.items() if not shutil.which(tool)]
    if lacking:
        yield Finding(
            "tools", "error", f"missing: {', '.join(lacking)}", f"apt install {' '.join(lacking)}"
        )
    else:
        yield Finding("tools", "ok", ", ".join(_TOOLS))


def _user_namespaces(config: RuntimeConfig) -> Iterator[Finding]:
    try:
        with idmap.user_namespace(config.id_base):
            yield Finding("user namespaces", "ok", f"ids from {config.id_base}")
    except (SandboxError, OSError) as error:
        yield Finding("user namespaces", "error", str(error), "sysctl user.max_user_namespaces")


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _file_systems(config: RuntimeConfig) -> Iterator[Finding]:
    """Really mount: an overlay over an idmapped folder of the cache, and an ext4 image."""
    if os.geteuid() != 0:
        return
    try:
        with tempfile.TemporaryDirectory(dir=_existing(config.cache_dir)) as scratch:
            in_private_mounts(lambda: _try_mounts(Path(scratch), config.id_base))
    except (SandboxError, OSError) as error:
        yield Finding(
            "idmapped mounts",
            "error",
            str(error),
            f"{config.cache_dir} must be on ext4, xfs or btrfs (PLAYGROUND_CACHE moves it), and "
            "the kernel needs overlay and loop",
        )
    else:
        yield Finding("idmapped mounts", "ok", "overlay over an idmapped folder, ext4 by loop")


def _try_mounts(scratch: Path, id_base: int) -> None:
    host = scratch / "host"
    host.mkdir()
    (host / "file").write_text("seen")
    template, image = scratch / "template.img", scratch / "disk.img"
    disks.make_template(template, 64, None)
    disks.copy_template(template, image)
    with idmap.user_namespace(id_base) as userns:
        disks.assemble(image, host, None, userns, id_base)
    rootfs = disks.STAGE / "rootfs"
    if (rootfs / "file").stat().st_uid != id_base:
        raise SandboxError("An idmapped mount shows files with the wrong owner")
    with syscalls.file_ids(id_base):
        (rootfs / "written").write_text("x")


def _disk(config: RuntimeConfig) -> Iterator[Finding]:
    for name, path in (("cache", config.cache_dir), ("state", config.state_dir)):
        free = shutil.disk_usage(_existing(path)).free
        text = f"{free / 1e9:.1f} GB free for {path}"
        needed = 1 << 30 if store.find(config) else _DISK_NEEDED
        mend = f"Free some, or move it with PLAYGROUND_{name.upper()}"
        if free < needed:
            yield Finding(f"disk ({name})", "error", text, mend)
        elif free < _DISK_WANTED:
            yield Finding(f"disk ({name})", "warning", text, mend)
        else:
            yield Finding(f"disk ({name})", "ok", text)


def _memory(config: RuntimeConfig) -> Iterator[Finding]:
    free = psutil.virtual_memory().available
    text = f"{free / 1e9:.1f} GB available, {config.limits.memory_mb} MB for each sandbox"
    if free < _MEMORY_WANTED:
        yield Finding("memory", "warning", text, "Sandboxes may be ended when memory runs out")
    else:
        yield Finding("memory", "ok", text)


def _egress(config: RuntimeConfig) -> Iterator[Finding]:
    if not config.egress.on:
        yield Finding("egress", "ok", "off")
        return
    obstacles = egress_checks.obstacles(config)
    for each in obstacles:
        yield Finding("egress", "error" if each.stops else "warning", each.detail, each.mend)
    if not obstacles:
        servers = ", ".join(map(str, config.egress.resolvers()))
        yield Finding("egress", "ok", f"from {config.egress.subnet}, name servers {servers}")


def _built(config: RuntimeConfig) -> Iterator[Finding]:
    image = hostimage.path(config)
    if image.is_dir():
        yield Finding("host image", "ok", str(image))
    else:
        yield Finding("host image", "error", "not built", "make setup")
    catalogue = store.find(config)
    if catalogue:
        yield Finding("catalogue", "ok", f"{len(catalogue.images())} images in {catalogue.root}")
    else:
        yield Finding("catalogue", "error", "not built", "make setup")
