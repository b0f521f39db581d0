"""The OCI configuration of a sandbox (the runtime specification's ``config.json``)."""

from __future__ import annotations

import resource
from typing import Any

from playground.runtime import seccomp
from playground.runtime.config import Limits
from playground.runtime.idmap import RANGE

HOSTNAME = "docker-host"

#: Where the catalogue's shared layers appear inside; the skeleton's links point there.
LAYERS_INSIDE = "/var/lib/playground/layers"

#: gVisor's list for Docker in a sandbox. All of them hold in the sandbox's own user namespace only.
CAPABILITIES = [
    f"CAP_{name}"
    for name in [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "NET_ADMIN",
        "NET_RAW",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_ADMIN",
        "SYS_CHROOT",
        "SYS_PTRACE",
    ]
]

ENVIRONMENT = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "USER=root",
    "LANG=C.UTF-8",
]


def _mount(target: str, kind: str, *options: str, source: str = "") -> dict[str, Any]:
    return {
        "destination": target,
        "type": kind,
        "source": source or kind,
        "options": list(options),
    }


def _rlimits(limits: Limits) -> list[dict[str, Any]]:
    """Lower limits than the caller's own, never higher: that needs ``CAP_SYS_RESOURCE``."""

    def capped(kind: int, wanted: int) -> int:
        hard = resource.getrlimit(kind)[1]
        return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)

    files = capped(resource.RLIMIT_NOFILE, limits.open_files)
    return [
        {"type": "RLIMIT_NOFILE", "soft": files, "hard": files},
        {"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
    ]


def under_rlimits(limits: Limits) -> list[str]:
    """What to put before a command that enters a sandbox: crun sets no limits on those.

    Without it a student's shell would have those of whoever opened it.
    """
    values = {each["type"]: f"{each['soft']}:{each['hard']}" for each in _rlimits(limits)}
    return ["prlimit", f"--nofile={values['RLIMIT_NOFILE']}", f"--core={values['RLIMIT_CORE']}"]


def configuration(
    *,
    rootfs: str,
    disk: str,
    layers: str | None,
    id_base: int,
    cgroup_path: str,
    limits: Limits,
    policy: str = "classroom",
) -> dict[str, Any]:
    """Return ``config.json`` for one sandbox.

    ``rootfs``, ``disk`` and ``layers`` are paths as mounted by :func:`disks.assemble`; ``id_base``
    is the host id of its root; ``cgroup_path`` the inner group's path below each controller.
    """
    mapping = [{"containerID": 0, "hostID": id_base, "size": RANGE}]
    mounts = [
        _mount("/proc", "proc", "nosuid", "noexec", "nodev"),
        _mount("/dev", "tmpfs", "nosuid", "noexec", "mode=755", "size=1m", "nr_inodes=512"),
        _mount(
            "/dev/pts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620",
            "gid=5", "max=512",
        ),
        _mount("/dev/shm", "tmpfs", "nosuid", "noexec", "nodev", "mode=1777", "size=64m"),
        _mount("/dev/mqueue", "mqueue", "nosuid", "noexec", "nodev"),
        _mount("/sys", "sysfs", "nosuid", "noexec", "nodev"),
        _mount("/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime"),
        _mount("/run", "tmpfs", "nosuid", "nodev", "mode=755", "size=64m"),
        _mount("/var/lib/docker", "bind", "rbind", source=f"{disk}/docker"),
        _mount("/var/lib/containerd", "bind", "rbind", source=f"{disk}/containerd"),
    ]  # fmt: skip
    if layers:
        mounts.append(_mount(LAYERS_INSIDE, "bind", "rbind", "ro", source=layers))
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": 0, "gid": 0},
            "args": ["/usr/bin/catatonit", "-g", "--", "/usr/libexec/playground/engine"],
            "env": [
                *ENVIRONMENT,
                f"PLAYGROUND_POLICY={policy}",
                # Two files a container, so half for each.
                f"PLAYGROUND_LOG_KB={limits.log_mb << 9}",
            ],
            "cwd": "/root",
            "capabilities": dict.fromkeys(("bounding", "effective", "permitted"), CAPABILITIES),
            "rlimits": _rlimits(limits),
            # sudo, su and ping inside containers are set-user-id programs that lessons use.
            "noNewPrivileges": False,
            "oomScoreAdj": 500,
        },
        "root": {"path": rootfs, "readonly": False},
        "hostname": HOSTNAME,
        "mounts": mounts,
        "linux": {
            "namespaces": [
                {"type": kind}
                for kind in ("pid", "network", "ipc", "uts", "mount", "user", "cgroup")
            ],
            "uidMappings": mapping,
            "gidMappings": mapping,
            "cgroupsPath": cgroup_path,
            "rootfsPropagation": "private",
            "seccomp": seccomp.profile(policy),
            # The kernel refuses a fresh /proc in a nested container while this one is covered, so
            # nothing is masked here: the user namespace and seccomp carry that weight.
            "maskedPaths": [],
            "readonlyPaths": [],
        },
    }
