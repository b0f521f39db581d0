"""The few Linux system calls that the standard library has no wrapper for.

The mount calls of :manpage:`open_tree(2)` and its like came with Linux 5.2 to 5.12; their numbers
are the same on every architecture that was added to Linux after 2018's unification (x86-64 and
arm64 among them), see ``include/uapi/asm-generic/unistd.h``.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000

MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOATIME = 0x400
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 0x2

_PR_SET_SECUREBITS = 28
_PR_GET_SECUREBITS = 27
_SECBIT_NO_SETUID_FIXUP = 1 << 2

_SYS_OPEN_TREE = 428
_SYS_MOVE_MOUNT = 429
_SYS_OPENAT2 = 437
_SYS_MOUNT_SETATTR = 442

_OPEN_TREE_CLONE = 0x1
_OPEN_TREE_CLOEXEC = os.O_CLOEXEC
_AT_EMPTY_PATH = 0x1000
_MOVE_MOUNT_F_EMPTY_PATH = 0x4
_MOUNT_ATTR_RDONLY = 0x1
_MOUNT_ATTR_IDMAP = 0x00100000

RESOLVE_NO_XDEV = 0x01
RESOLVE_NO_MAGICLINKS = 0x02
RESOLVE_NO_SYMLINKS = 0x04
RESOLVE_BENEATH = 0x08
RESOLVE_IN_ROOT = 0x10


class _MountAttr(ctypes.Structure):
    _fields_ = [
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    ]


class _OpenHow(ctypes.Structure):
    _fields_ = [
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    ]


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Move the calling *thread* into new namespaces.

    A thread that leaves the mount namespace also leaves the process's shared working directory
    (Linux does that by itself), so the rest of the process is untouched.
    """
    _check(_libc.unshare(flags), "unshare")


def setns(namespace: int, kind: int) -> None:
    """Move the calling *thread* into the namespace behind a descriptor; raises ``OSError``."""
    _check(_libc.setns(namespace, kind), "setns")


def mount(source: str, target: str, kind: str | None, flags: int = 0, options: str = "") -> None:
    """Call :manpage:`mount(2)`; raises ``OSError``."""
    result = _libc.mount(
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() if options else None,
    )
    _check(result, f"mount {source} on {target}")


def umount(target: str, flags: int = 0) -> None:
    """Call :manpage:`umount2(2)`; raises ``OSError``."""
    _check(_libc.umount2(target.encode(), flags), f"umount {target}")


def mount_idmapped(source: str, target: str, userns_fd: int, *, read_only: bool = False) -> None:
    """Show ``source`` at ``target`` with its file ids mapped through the user namespace.

    An id ``n`` on disk appears as what ``n`` is in that namespace, seen from outside
    (:manpage:`mount_setattr(2)`, Linux 5.12; below overlayfs 5.19). Raises ``OSError``.
    """
    tree = _check(
        _libc.syscall(_SYS_OPEN_TREE, -100, source.encode(), _OPEN_TREE_CLONE | _OPEN_TREE_CLOEXEC),
        f"open_tree {source}",
    )
    try:
        attributes = _MountAttr(
            _MOUNT_ATTR_IDMAP | (_MOUNT_ATTR_RDONLY if read_only else 0), 0, 0, userns_fd
        )
        _check(
            _libc.syscall(
                _SYS_MOUNT_SETATTR,
                tree,
                b"",
                _AT_EMPTY_PATH,
                ctypes.byref(attributes),
                ctypes.c_size_t(ctypes.sizeof(attributes)),
            ),
            f"mount_setattr {source}",
        )
        _check(
            _libc.syscall(
                _SYS_MOVE_MOUNT, tree, b"", -100, target.encode(), _MOVE_MOUNT_F_EMPTY_PATH
            ),
            f"move_mount {target}",
        )
    finally:
        os.close(tree)


def open_in_root(root_fd: int, path: str, flags: int) -> int:
    """Open ``path`` as a process with its root at ``root_fd`` would: links stay below it.

    Raises ``OSError``.
    """
    return _open_at(root_fd, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)


def open_beneath(root_fd: int, path: str | bytes, flags: int, *, same_mount: bool = False) -> int:
    """Open ``path`` below the directory ``root_fd``; any symbolic link on the way is refused.

    This is how everything below a sandbox's root is opened: a student may have put a link there
    that points at a file of the machine. With ``same_mount`` what is mounted below is refused too:
    it may be of any kind. Raises ``OSError``.
    """
    resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS
    if same_mount:
        resolve |= RESOLVE_NO_XDEV
    return _open_at(root_fd, path, flags, resolve)


def _open_at(root_fd: int, path: str | bytes, flags: int, resolve: int) -> int:
    how = _OpenHow(flags | os.O_CLOEXEC, 0, resolve)
    return _check(
        _libc.syscall(
            _SYS_OPENAT2,
            root_fd,
            os.fsencode(path),
            ctypes.byref(how),
            ctypes.c_size_t(ctypes.sizeof(how)),
        ),
        f"openat2 {os.fsdecode(path)}",
    )


@contextmanager
def file_ids(ids: int) -> Iterator[None]:
    """Make the calling *thread* create files as user and group ``ids``, keeping its capabilities.

    Without ``SECBIT_NO_SETUID_FIXUP`` Linux takes the file capabilities away from whoever changes
    its file-system user id from 0 (:manpage:`capabilities(7)`). Raises ``OSError``.
    """
    before = _check(_libc.prctl(_PR_GET_SECUREBITS), "prctl")
    _check(
        _libc.prctl(_PR_SET_SECUREBITS, ctypes.c_ulong(before | _SECBIT_NO_SETUID_FIXUP)), "prctl"
    )
    try:
        # setfsuid(2) reports no errors: asking again is the only way to see whether it worked.
        _libc.setfsgid(ids)
        _libc.setfsuid(ids)
        if _libc.setfsuid(-1) != ids or _libc.setfsgid(-1) != ids:
            raise OSError(1, f"setfsuid {ids} was refused")
        yield
    finally:
        _libc.setfsuid(0)
        _libc.setfsgid(0)
        _check(_libc.prctl(_PR_SET_SECUREBITS, ctypes.c_ulong(before)), "prctl")
