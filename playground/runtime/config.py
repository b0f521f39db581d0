"""Where a node keeps its things and what a sandbox may use."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from playground.runtime.egress import Egress

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DEFAULT_CACHE = Path("/var/cache/docker-playground")


@dataclass(frozen=True)
class Limits:
    """What one sandbox may use, all its containers together."""

    memory_mb: int = 1024
    cpus: float = 1.0
    pids: int = 1024
    disk_mb: int = 4096
    open_files: int = 65536
    #: MB (2**20 bytes) a second to and from the disk, each; a hard disk's own speed. 0: no limit.
    io_mbps: int = 200
    #: MB that one container's log takes at the most.
    log_mb: int = 10
    #: Processor time in seconds, two hours of one CPU; 0: no budget.
    cpu_seconds: int = 7200
    #: CPUs that are left when that is used up: enough for a shell.
    slow_cpus: float = 0.05

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Limits:
        """Read ``PLAYGROUND_SANDBOX_MEMORY_MB`` and its like; raises ``ValueError``."""
        given: dict[str, float] = {}
        for name, default in asdict(cls()).items():
            key = f"PLAYGROUND_SANDBOX_{name.upper()}"
            if text := environ.get(key):
                given[name] = _number(key, text, type(default), zero=name in _MAY_BE_NONE)
        return cls(**given)  # type: ignore[arg-type]


#: Limits that a machine can do without: zero switches them off.
_MAY_BE_NONE = frozenset({"io_mbps", "cpu_seconds"})


def _number(key: str, text: str, kind: type[float], *, zero: bool) -> float:
    """Read a number above zero, or zero too; raises ``ValueError`` that names the variable."""
    try:
        number = kind(text)
    except ValueError:
        raise ValueError(f"{key}={text!r} is not a number") from None
    # Not `number <= 0`: NaN is neither above nor below.
    if not (number > 0 or (zero and number == 0)):
        raise ValueError(f"{key}={text!r} must be above zero")
    return number


#: What students may do: ``classroom`` is all that Docker teaches; ``hardened`` keeps the kernel's
#: packet filter, where half of the recent holes were, out of their reach.
POLICIES = ("classroom", "hardened")


def stricter(one: str, other: str) -> str:
    """The policy that allows less; raises ``ValueError`` for one that there is not."""
    for each in (one, other):
        if each not in POLICIES:
            raise ValueError(f"{each!r} is no policy: {', '.join(POLICIES)}")
    return max(one, other, key=POLICIES.index)


@dataclass(frozen=True)
class RuntimeConfig:
    """The settings of the runtime core on one node."""

    state_dir: Path
    cache_dir: Path = DEFAULT_CACHE
    crun: str = "crun"
    limits: Limits = field(default_factory=Limits)
    policy: str = "classroom"
    egress: Egress = field(default_factory=Egress)
    #: Where it stands which catalogue new sandboxes get if not the checkout's own; see
    #: :mod:`playground.runtime.catalogue.rollout`.
    rollouts: Path | None = None
    #: How long an engine may take to answer, in seconds; an emulated machine needs more.
    start_seconds: float = 30.0
    #: The first host id given to sandboxes. 0x40000000 lies in the range that systemd sets aside
    #: for containers (524288 to 1879048191, systemd.io/UIDS-GIDS) and clear of /etc/subuid's
    #: defaults.
    id_base: int = 0x40000000
    #: How many id ranges there are, hence sandboxes at once; 12,288 fit below systemd's bound.
    id_slots: int = 12288

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> RuntimeConfig:
        """Build the settings from ``PLAYGROUND_*`` variables; raises ``ValueError``."""
        policy = environ.get("PLAYGROUND_POLICY", "classroom")
        if policy not in POLICIES:
            raise ValueError(f"PLAYGROUND_POLICY={policy!r} is none of {', '.join(POLICIES)}")
        var = Path(environ.get("PLAYGROUND_VAR", PROJECT_ROOT / "var"))
        return cls(
            state_dir=Path(environ.get("PLAYGROUND_STATE", var / "node")).resolve(),
            cache_dir=Path(environ.get("PLAYGROUND_CACHE", DEFAULT_CACHE)).resolve(),
            crun=environ.get("PLAYGROUND_CRUN", "crun"),
            limits=Limits.from_environ(environ),
            policy=policy,
            egress=Egress.from_environ(environ),
            rollouts=var / "catalogue",
            start_seconds=_number(
                "PLAYGROUND_START_SECONDS",
                environ.get("PLAYGROUND_START_SECONDS", "30"),
                float,
                zero=False,
            ),
        )

    @property
    def node_key(self) -> str:
        """A short name for this node's state, the same as long as it stays where it is."""
        return hashlib.sha256(str(self.state_dir).encode()).hexdigest()[:8]

    @property
    def cgroup_name(self) -> str:
        """The name of the one cgroup below which all of this node's sandboxes live."""
        return f"docker-playground-{self.node_key}"

    @property
    def interface_prefix(self) -> str:
        """What this node's interfaces are called, before the slot: 10 of the 15 characters."""
        return f"dp{self.node_key}"

    @property
    def filter_table(self) -> str:
        """The name of this node's nftables table, of the family ``inet``."""
        return f"docker_playground_{self.node_key}"

    @property
    def sandboxes_dir(self) -> Path:
        """One directory a sandbox: its record and disk."""
        return self.state_dir / "sandboxes"

    @property
    def crun_root(self) -> Path:
        """crun's own state, apart from that of other users of crun."""
        return self.state_dir / "crun"
