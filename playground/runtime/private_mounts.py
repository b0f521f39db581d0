"""Running something in a mount namespace of its own.

A mount namespace belongs to a thread. A fresh thread that leaves the machine's namespace, mounts
what it likes, starts crun and ends leaves nothing behind but what the sandbox itself holds. That
saves a helper process and its start-up time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from playground.runtime import cgroups, syscalls

T = TypeVar("T")


def leave_machine_mounts() -> None:
    """Give the calling thread (or a child before it execs) a mount namespace of its own.

    Where cgroup v1 and v2 are both mounted, the v2 tree is hidden in it: crun refuses the hybrid
    layout otherwise.
    """
    hybrid = cgroups.is_hybrid()
    syscalls.unshare(syscalls.CLONE_NEWNS)
    syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    if hybrid:
        syscalls.umount(str(cgroups.ROOT / "unified"), syscalls.MNT_DETACH)


def in_private_mounts(work: Callable[[], T]) -> T:
    """Run ``work`` in a thread with its own mount namespace; return or raise what it does."""
    outcome: list[T] = []
    failure: list[BaseException] = []

    def body() -> None:
        try:
            leave_machine_mounts()
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001 - handed to the caller below
            failure.append(error)

    thread = threading.Thread(target=body, name="private-mounts")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    with suppress(IndexError):
        return outcome[0]
    raise AssertionError("a private-mounts thread ended without an outcome")
