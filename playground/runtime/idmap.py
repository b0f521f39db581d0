"""Ids: a range of its own for each sandbox, and the user namespace that maps it.

Every file of a sandbox lies on disk with the ids that the sandbox itself sees (root is 0) and is
shown to it through an idmapped mount. So the host image and the catalogue are shared by all, and
a disk does not depend on the range that its sandbox happened to get.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playground.runtime.errors import SandboxError

#: Ids in one sandbox: 0 to 65535, what a Linux distribution expects to have.
RANGE = 65536


def free_slot(taken: Iterable[int], slots: int) -> int:
    """Return the lowest range number that is not taken; raises ``SandboxError`` if none is."""
    used = set(taken)
    for slot in range(slots):
        if slot not in used:
            return slot
    raise SandboxError(f"All {slots} id ranges are in use", "Remove sandboxes that are not needed")


def base_of(slot: int, id_base: int) -> int:
    """Return the host id that is the sandbox's root."""
    return id_base + slot * RANGE


@contextmanager
def user_namespace(base: int) -> Iterator[int]:
    """Yield a descriptor of a user namespace in which ``0..65535`` is ``base..base+65535``.

    A namespace needs a process to be made; it ends at once, the descriptor keeps the namespace.
    """
    holder = subprocess.Popen(
        ["unshare", "--user", "cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _await_namespace(holder)
        mapping = f"0 {base} {RANGE}\n"
        Path(f"/proc/{holder.pid}/uid_map").write_text(mapping)
        Path(f"/proc/{holder.pid}/gid_map").write_text(mapping)
        descriptor = os.open(f"/proc/{holder.pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        holder.kill()
        holder.communicate()
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _await_namespace(holder: subprocess.Popen[bytes], seconds: float = 5.0) -> None:
    own = os.readlink("/proc/self/ns/user")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(FileNotFoundError):
            if os.readlink(f"/proc/{holder.pid}/ns/user") != own:
                return
        if holder.poll() is not None:
            break
        time.sleep(0.0005)
    raise SandboxError(
        "This machine refuses to make a user namespace",
        "Set the sysctl user.max_user_namespaces above 0",
    )
