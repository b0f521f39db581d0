"""What a node remembers of a sandbox on disk, for as long as the sandbox has one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from playground.runtime.config import POLICIES, Limits
from playground.runtime.errors import SandboxError

#: Version 1 had neither ``catalogue`` nor ``host_image``.
VERSION = 2
FILE = "sandbox.json"


@dataclass(frozen=True)
class Record:
    """One sandbox: what it was made of, and its first process while it has one."""

    id: str
    slot: int
    id_base: int
    created: float
    boot_id: str
    limits: Limits
    pid: int = 0
    pid_started: int = 0
    #: The hashes of what its disk was made for: its upper directory and the skeleton in it mean
    #: nothing over others. Empty if it has no catalogue.
    catalogue: str = ""
    host_image: str = ""
    #: The policy that was asked for it; the node's own holds where that is stricter.
    policy: str = POLICIES[0]
    version: int = VERSION

    def to_json(self) -> str:
        """The record's text on disk."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Record:
        """Read it back; raises ``ValueError`` for a version that this code does not know."""
        data = json.loads(text)
        if data.get("version") not in (1, VERSION):
            raise ValueError(f"sandbox record of version {data.get('version')}")
        limits = {
            f.name: data["limits"][f.name] for f in fields(Limits) if f.name in data["limits"]
        }
        return cls(**{**data, "limits": Limits(**limits), "version": VERSION})

    @property
    def runs(self) -> bool:
        """Whether its first process still runs: that one, not another of the same number."""
        return bool(
            self.pid and self.boot_id == boot_id() and process_started(self.pid) == self.pid_started
        )


def read(directory: Path) -> Record:
    """Read a sandbox's record; raises ``FileNotFoundError`` and ``SandboxError``."""
    text = (directory / FILE).read_text()
    try:
        return Record.from_json(text)
    except (ValueError, TypeError, KeyError) as error:
        raise SandboxError(
            f"The record of {directory.name} cannot be read: {error}",
            "It may be of a newer version: run that, or `sandbox gc` removes it with its disk",
        ) from None


def write(directory: Path, record: Record) -> None:
    """Write it, whole or not at all."""
    directory.mkdir(exist_ok=True, mode=0o700)
    scratch = directory / f"{FILE}.new"
    scratch.write_text(record.to_json())
    scratch.rename(directory / FILE)


def process_started(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; ``None`` if there is none."""
    try:
        # The command's name is the student's to choose and may hold spaces and brackets: count
        # from the last one (proc_pid_stat(5), field 22).
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def boot_id() -> str:
    """What tells this run of the machine from all others."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
