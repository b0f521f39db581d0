"""The peer of ``engine.run``: the same engine as real root, without what makes a sandbox safe.

No user namespace, id mapping, seccomp or limits: what one gets from a plain installation. It has
its own network namespace, for the machine's firewall and routes are not ours to change, and the
parts of ``/proc/sys`` that are the whole machine's are read-only: the engine would raise a limit on
keys there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playground.runtime import bundle, disks, engine, hostimage, record, syscalls
from playground.runtime.catalogue import store
from playground.runtime.config import Limits
from playground.runtime.node import Node
from playground.runtime.private_mounts import in_private_mounts
from playground.runtime.record import Record
from playground.runtime.sandbox import Sandbox

_ID = "plain"
_MACHINE_WIDE = ["/proc/sys/kernel", "/proc/sys/vm", "/proc/sys/fs", "/proc/sysrq-trigger"]


@contextmanager
def plain_engine(node: Node, shared: Mapping[str, Path] | None = None) -> Iterator[Sandbox]:
    """Start it below the node's own folders and groups, and end it.

    ``shared`` are folders of the machine by where they are inside. With them it also has loop
    devices: what a machine has on which a playground of its own is to run.
    """
    directory = node.config.sandboxes_dir / _ID
    directory.mkdir(parents=True)
    catalogue = store.find(node.config)
    limits = Limits(memory_mb=16384, cpus=64, pids=8192)
    image = directory / disks.IMAGE
    disks.copy_template(store.disk_template(node.config, catalogue, limits.disk_mb), image)
    node.cgroup.group(_ID).create(limits)
    configuration = _configuration(node, bool(catalogue), limits, shared or {})

    def start() -> None:
        _mount(node, image, catalogue)
        (disks.STAGE / "config.json").write_text(json.dumps(configuration))
        node.crun.run(_ID, disks.STAGE, directory / "crun.log", directory / "init.pid")

    try:
        in_private_mounts(start)
        pid = int((directory / "init.pid").read_text())
        plain = Sandbox(
            node,
            Record(
                id=_ID, slot=0, id_base=0, created=time.time(), boot_id=record.boot_id(),
                limits=limits, pid=pid, pid_started=record.process_started(pid) or 0,
            ),
        )  # fmt: skip
        if not engine.await_engine(pid):
            raise SystemExit("the plain engine did not answer")
        yield plain
    finally:
        node.clear(_ID)


def _configuration(
    node: Node, layers: bool, limits: Limits, shared: Mapping[str, Path]
) -> dict[str, object]:
    configuration = bundle.configuration(
        rootfs=str(disks.STAGE / "rootfs"),
        disk=str(disks.STAGE / "disk"),
        layers=str(disks.STAGE / "layers") if layers else None,
        id_base=0,
        cgroup_path=node.cgroup.group(_ID).inner_path,
        limits=limits,
    )
    linux = configuration["linux"]
    for name in ("uidMappings", "gidMappings", "seccomp"):
        del linux[name]
    linux["namespaces"] = [n for n in linux["namespaces"] if n["type"] != "user"]
    linux["readonlyPaths"] = _MACHINE_WIDE
    configuration["mounts"] += [
        {"destination": inside, "type": "bind", "source": str(folder), "options": ["rbind"]}
        for inside, folder in shared.items()
    ]
    if shared:
        # Character device 10:237 (Documentation/admin-guide/devices.txt).
        control = {"path": "/dev/loop-control", "type": "c", "major": 10, "minor": 237}
        linux["devices"] = [{**control, "fileMode": 0o600, "uid": 0, "gid": 0}]
    return configuration


def _mount(node: Node, image: Path, catalogue: store.Catalogue | None) -> None:
    """As ``disks.assemble``, without id mapping."""
    disks.STAGE.mkdir(parents=True, exist_ok=True)
    syscalls.mount("docker-playground", str(disks.STAGE), "tmpfs", 0, "mode=0755,size=1m")
    for name in ("disk", "layers", "rootfs"):
        (disks.STAGE / name).mkdir()
    disks.mount_image(image, disks.STAGE / "disk")
    if catalogue:
        syscalls.mount(str(catalogue.layers), str(disks.STAGE / "layers"), None, syscalls.MS_BIND)
    upper, work = disks.STAGE / "disk" / disks.UPPER, disks.STAGE / "disk" / disks.WORK
    syscalls.mount(
        "overlay",
        str(disks.STAGE / "rootfs"),
        "overlay",
        0,
        f"lowerdir={hostimage.path(node.config)},upperdir={upper},workdir={work}"
        ",index=off,metacopy=off",
    )
