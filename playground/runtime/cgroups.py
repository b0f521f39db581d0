"""cgroups: v1, hybrid and v2, behind one small class.

A sandbox has two groups, ``NODE/ID`` and ``NODE/ID/sandbox``. The limits sit on the outer one,
which stays the machine's; the inner one is given to the sandbox's root, who may divide it further
(that is what ``docker run -m`` does) but cannot widen it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from playground.runtime.config import Limits
from playground.runtime.delegation import Delegation, under_systemd
from playground.runtime.errors import SandboxError

ROOT = Path("/sys/fs/cgroup")
INNER = "sandbox"
#: What our own groups carry: an attribute that only the machine's root can set (xattr(7)).
LABEL = "trusted.docker-playground"

#: The scheduler's period in microseconds, the kernel's default (Documentation/scheduler/
#: sched-bwc.rst), and the least of it that can be given.
CPU_PERIOD_US = 100_000
_LEAST_QUOTA_US = 1000

_V1_NEEDED = ("memory", "cpu", "pids", "freezer", "devices")
_V2_NEEDED = ("memory", "cpu", "pids")


def is_v2(root: Path = ROOT) -> bool:
    """Whether the whole machine is on cgroup v2 (a hybrid layout is not)."""
    return (root / "cgroup.controllers").exists()


def is_hybrid(root: Path = ROOT) -> bool:
    """Whether cgroup v1 controllers and a v2 tree are both mounted."""
    return not is_v2(root) and (root / "unified").is_mount()


def mode(root: Path = ROOT) -> str:
    """``"v2"``, ``"hybrid"`` or ``"v1"``."""
    if is_v2(root):
        return "v2"
    return "hybrid" if is_hybrid(root) else "v1"


def missing_controllers(root: Path = ROOT) -> list[str]:
    """Return the controllers that sandboxes need and this machine lacks."""
    if is_v2(root):
        have = set((root / "cgroup.controllers").read_text().split())
        return [name for name in _V2_NEEDED if name not in have]
    return [name for name in _V1_NEEDED if not (root / name).is_dir()]


class NodeGroup:
    """The group below which all sandboxes of one node live.

    Under systemd on cgroup v2 it is a part of the tree that systemd delegated, elsewhere a group
    at the top.
    """

    def __init__(self, name: str, root: Path = ROOT) -> None:
        self.name = name
        self.root = root
        self.v2 = is_v2(root)
        self._relative: str | None = None
        self._delegation = Delegation(name, root) if self.v2 and under_systemd() else None

    @property
    def relative(self) -> str:
        """The group's path below each controller's root, without a leading slash."""
        if self._relative is None:
            self._relative = self._delegation.group() if self._delegation else self.name
        return self._relative

    def remove(self) -> None:
        """End the group and everything in it."""
        for sandbox_id in self.sandbox_ids():
            self.group(sandbox_id).remove()
        if self._delegation:
            self._delegation.give_back()
            return
        for top in self._tops():
            _remove_tree(top)

    def group(self, sandbox_id: str) -> SandboxGroup:
        """The group of one sandbox, whether it exists or not."""
        return SandboxGroup(self, sandbox_id)

    def sandbox_ids(self) -> set[str]:
        """The ids of all sandboxes that have a group with our label in any controller."""
        if self._delegation and not self._delegation.find():
            return set()
        found: set[str] = set()
        for top in self._tops():
            if top.is_dir():
                found |= {d.name for d in top.iterdir() if _label(d) == self.name}
        return found

    def controllers(self) -> list[Path]:
        """The root directory of each hierarchy."""
        if self.v2:
            return [self.root]
        return [
            entry
            for entry in sorted(self.root.iterdir())
            if entry.is_dir() and not entry.is_symlink() and entry.name != "unified"
        ]

    def _tops(self) -> list[Path]:
        return [controller / self.relative for controller in self.controllers()]


class SandboxGroup:
    """The two groups of one sandbox."""

    def __init__(self, node: NodeGroup, sandbox_id: str) -> None:
        self.node = node
        self.sandbox_id = sandbox_id

    @property
    def inner_path(self) -> str:
        """What the OCI configuration calls ``cgroupsPath``."""
        return f"/{self.node.relative}/{self.sandbox_id}/{INNER}"

    def _outers(self) -> list[Path]:
        return [c / self.node.relative / self.sandbox_id for c in self.node.controllers()]

    def outer(self, controller: str) -> Path:
        """The outer group's directory of a controller; on v2 of all of them."""
        root = self.node.root if self.node.v2 else self.node.root / controller
        return root / self.node.relative / self.sandbox_id

    def create(self, limits: Limits) -> None:
        """Make the outer group and set its limits; raises ``OSError``."""
        if self.node.v2:
            self._create_v2(limits)
        else:
            self._create_v1(limits)
        for outer in self._outers():
            os.setxattr(outer, LABEL, self.node.name.encode())

    def _create_v2(self, limits: Limits) -> None:
        outer = self.outer("")
        # cgroup v2 passes controllers on from the top, one level at a time.
        level = self.node.root
        for part in (*Path(self.node.relative).parts, self.sandbox_id):
            _enable(level)
            level = level / part
            level.mkdir(exist_ok=True)
        _enable(outer)
        (outer / "memory.max").write_text(str(limits.memory_mb << 20))
        with suppress(FileNotFoundError):  # a machine without swap has no such file
            (outer / "memory.swap.max").write_text("0")
        (outer / "memory.oom.group").write_text("0")
        self.set_cpus(limits.cpus)
        (outer / "pids.max").write_text(str(limits.pids))

    def _create_v1(self, limits: Limits) -> None:
        for outer in self._outers():
            outer.mkdir(parents=True, exist_ok=True)
        self._inherit_cpuset()
        memory = self.outer("memory")
        (memory / "memory.limit_in_bytes").write_text(str(limits.memory_mb << 20))
        with suppress(OSError):  # without swap accounting there is no such file
            (memory / "memory.memsw.limit_in_bytes").write_text(str(limits.memory_mb << 20))
        self.set_cpus(limits.cpus)
        (self.outer("pids") / "pids.max").write_text(str(limits.pids))

    def _inherit_cpuset(self) -> None:
        """A new cpuset v1 group is empty, and nothing can run in it until it is filled."""
        outer = self.outer("cpuset")
        if not outer.is_dir():
            return
        for name in ("cpuset.cpus", "cpuset.mems"):
            inherited = (self.node.root / "cpuset" / name).read_text()
            for level in (outer.parent, outer):
                if not (level / name).read_text().strip():
                    (level / name).write_text(inherited)

    def delegate(self, uid: int) -> None:
        """Give the inner group to the sandbox's root.

        On v2 only the files that the kernel's ``cgroup-v2.rst`` names under "Delegation". On v1
        the whole directory: its limits are bounded by the outer group's, and the kernel keeps the
        device list to the machine's own root whoever owns the file.
        """
        if self.node.v2:
            inner = self.outer("") / INNER
            os.chown(inner, uid, uid)
            for name in ("cgroup.procs", "cgroup.subtree_control", "cgroup.threads"):
                os.chown(inner / name, uid, uid)
            return
        for outer in self._outers():
            inner = outer / INNER
            # Limits on block I/O hold for one v1 group only: see blockio.py.
            if inner.is_dir() and outer != self.outer("blkio"):
                os.chown(inner, uid, uid)
                for entry in inner.iterdir():
                    os.chown(entry, uid, uid)

    def set_frozen(self, frozen: bool, seconds: float = 10.0) -> None:
        """Stop or continue every process of the sandbox; raises ``SandboxError`` if it won't."""
        if self.node.v2:
            outer = self.outer("")
            (outer / "cgroup.freeze").write_text(str(int(frozen)))
            state, wanted = outer / "cgroup.events", f"frozen {int(frozen)}"
        else:
            state = self.outer("freezer") / "freezer.state"
            wanted = "FROZEN" if frozen else "THAWED"
            state.write_text(wanted)
        deadline = time.monotonic() + seconds
        while wanted not in state.read_text():
            if time.monotonic() > deadline:
                raise SandboxError(f"Sandbox {self.sandbox_id} did not freeze in {seconds:.0f} s")
            time.sleep(0.002)

    def is_frozen(self) -> bool:
        """Whether the sandbox is frozen by :meth:`set_frozen`."""
        try:
            if self.node.v2:
                return (self.outer("") / "cgroup.freeze").read_text().strip() == "1"
            return (self.outer("freezer") / "freezer.state").read_text().strip() != "THAWED"
        except FileNotFoundError:
            return False

    def reclaim(self) -> None:
        """Ask the kernel to take back what memory it can; it may take little and says nothing."""
        with suppress(OSError):
            if self.node.v2:
                outer = self.outer("")
                (outer / "memory.reclaim").write_text((outer / "memory.current").read_text())
            else:
                (self.outer("memory") / "memory.force_empty").write_text("0")

    def memory_bytes(self) -> int:
        """What the sandbox uses now, page cache included."""
        name = "memory.current" if self.node.v2 else "memory.usage_in_bytes"
        return int((self.outer("memory") / name).read_text())

    def needed_memory_bytes(self) -> int:
        """What it uses without the file cache, which the kernel takes back when it must."""
        stat = (self.outer("memory") / "memory.stat").read_text()
        counted = dict(line.split() for line in stat.splitlines())
        prefix = "" if self.node.v2 else "total_"
        cache = sum(int(counted.get(f"{prefix}{kind}_file", 0)) for kind in ("active", "inactive"))
        return max(0, self.memory_bytes() - cache)

    def set_cpus(self, cpus: float) -> None:
        """Let the sandbox use so many CPUs; raises ``OSError``."""
        quota = max(int(cpus * CPU_PERIOD_US), _LEAST_QUOTA_US)
        outer = self.outer("cpu")
        if self.node.v2:
            (outer / "cpu.max").write_text(f"{quota} {CPU_PERIOD_US}")
            return
        (outer / "cpu.cfs_period_us").write_text(str(CPU_PERIOD_US))
        (outer / "cpu.cfs_quota_us").write_text(str(quota))

    def cpus(self) -> float:
        """How many CPUs the sandbox may use; raises ``OSError``."""
        outer = self.outer("cpu")
        if self.node.v2:
            quota, period = (outer / "cpu.max").read_text().split()
            return int(quota) / int(period)
        return int((outer / "cpu.cfs_quota_us").read_text()) / CPU_PERIOD_US

    def lift_cpus_below(self) -> None:
        """Let the groups below use all that this one may, on v1; raises ``OSError``."""
        for group in _walk(self.outer("cpu") / INNER):
            (group / "cpu.cfs_quota_us").write_text("-1")

    def cpu_seconds(self) -> float:
        """Processor time that the sandbox has used since it was made; raises ``OSError``."""
        if self.node.v2:
            stat = (self.outer("") / "cpu.stat").read_text()
            return int(dict(line.split() for line in stat.splitlines())["usage_usec"]) / 1e6
        return int((self.outer("cpuacct") / "cpuacct.usage").read_text()) / 1e9

    def processes_counted(self) -> int:
        """Processes and threads now, as the limit on them counts."""
        return int((self.outer("pids") / "pids.current").read_text())

    def pids(self) -> list[int]:
        """All processes of the sandbox, as the machine numbers them."""
        found: set[int] = set()
        for group in _walk(self.outer("pids")):
            found.update(_pids(group))
        return sorted(found)

    def kill(self) -> None:
        """End every process of the sandbox."""
        if not self.outer("pids").is_dir():
            return
        with suppress(SandboxError, OSError):
            self.set_frozen(False)
        self._thaw_inside()
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _thaw_inside(self) -> None:
        """Thaw what was frozen inside, as by ``docker pause``.

        With v1 a frozen process does not die by SIGKILL either (kernel documentation, "The cgroup
        freezer"); with v2 it does.
        """
        if self.node.v2:
            return
        for folder, _, files in os.walk(self.outer("freezer")):
            if "freezer.state" in files:
                with suppress(OSError):
                    Path(folder, "freezer.state").write_text("THAWED")

    def remove(self, seconds: float = 10.0) -> None:
        """End every process and remove the groups; raises ``SandboxError`` if one stays."""
        deadline = time.monotonic() + seconds
        while True:
            self.kill()
            left = [outer for outer in self._outers() if not _remove_tree(outer)]
            if not left:
                return
            if time.monotonic() > deadline:
                raise SandboxError(f"The cgroup {left[0]} could not be removed")
            time.sleep(0.01)


def _enable(group: Path) -> None:
    have = set((group / "cgroup.controllers").read_text().split())
    on = set((group / "cgroup.subtree_control").read_text().split())
    for controller in sorted((have & {*_V2_NEEDED, "cpuset", "io"}) - on):
        with suppress(OSError):
            (group / "cgroup.subtree_control").write_text(f"+{controller}")


def _label(group: Path) -> str:
    try:
        return os.getxattr(group, LABEL).decode(errors="replace")
    except OSError:
        return ""


def _pids(group: Path) -> list[int]:
    try:
        return [int(line) for line in (group / "cgroup.procs").read_text().split()]
    except (FileNotFoundError, OSError):
        return []


def _walk(top: Path) -> Iterator[Path]:
    """The group and all below it, deepest first."""
    for path, _, _ in os.walk(top, topdown=False):
        yield Path(path)


def _remove_tree(top: Path) -> bool:
    """Remove the groups from the leaves up; say whether they are gone."""
    for group in _walk(top):
        with suppress(OSError):
            group.rmdir()
    return not top.exists()
