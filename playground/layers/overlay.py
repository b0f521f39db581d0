"""Reading a layer where it lies: a folder of the overlay2 graph driver.

A student is root where their own layers lie and may change them at any time. So every folder is
opened beneath the layer's own, without following any link and without leaving the file system
(somebody may have mounted something there), and only as long as it is read.
Whiteouts are character devices 0:0, opaque folders carry an extended attribute
(Linux, ``Documentation/filesystems/overlayfs.rst``).
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playground.layers import entries
from playground.layers.entries import Entry, Layer
from playground.layers.errors import LayersError
from playground.runtime import syscalls

_FOLDER = os.O_RDONLY | os.O_DIRECTORY
#: ``user.`` is what an engine in a user namespace writes.
_OPAQUE_NAMES = ("trusted.overlay.opaque", "user.overlay.opaque")
_KINDS = {
    stat.S_IFREG: entries.FILE,
    stat.S_IFDIR: entries.DIRECTORY,
    stat.S_IFLNK: entries.SYMLINK,
    stat.S_IFCHR: entries.CHARACTER,
    stat.S_IFBLK: entries.BLOCK,
    stat.S_IFIFO: entries.FIFO,
    stat.S_IFSOCK: entries.SOCKET,
}


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    """A descriptor of a layer's folder, to be read from; raises ``OSError``."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read(
    root: int, id_base: int = 0, most: int = entries.MOST_ENTRIES, seconds: float = 60.0
) -> Layer:
    """Read all entries below the folder ``root`` (a descriptor).

    ``id_base`` is taken from owners' ids. Stops after ``most`` entries or ``seconds``, and says so
    (:attr:`Layer.truncated`). Raises ``OSError`` if the folder itself cannot be read.
    """
    layer = Layer(most)
    deadline = time.monotonic() + seconds
    names: dict[int, bytes] = {}
    waiting = [b""]
    while waiting:
        folder = waiting.pop()
        try:
            descriptor = _open(root, folder, _FOLDER)
        except OSError:
            if not folder:
                raise
            continue  # gone, or something else by now
        try:
            if _is_opaque(descriptor) and not layer.add(Entry(folder, entries.OPAQUE)):
                return layer
            below = _read_folder(layer, descriptor, folder, id_base, names, deadline)
        finally:
            os.close(descriptor)
        if layer.truncated:
            return layer
        waiting += reversed(below)
    return layer


def read_file(root: int, path: bytes, most: int) -> bytes:
    """The first bytes of a regular file of a layer; raises :class:`LayersError`."""
    try:
        # Not to wait for a pipe's other end, should the file have become one.
        descriptor = _open(root, path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        raise LayersError("missing") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)  # a folder, of which no file can be made
        raise LayersError("kind")
    with os.fdopen(descriptor, "rb") as file:
        return file.read(most)


def _open(root: int, path: bytes, flags: int) -> int:
    return syscalls.open_beneath(root, path or b".", flags, same_mount=True)


def _read_folder(
    layer: Layer,
    descriptor: int,
    folder: bytes,
    id_base: int,
    names: dict[int, bytes],
    deadline: float,
) -> list[bytes]:
    """Add what is in one folder; returns the folders in it, by name."""
    found: list[Entry] = []
    with os.scandir(descriptor) as scanned:
        for item in scanned:
            if len(layer) + len(found) >= layer.most or time.monotonic() > deadline:
                layer.truncated = True
                break
            name = os.fsencode(item.name)
            path = folder + b"/" + name if folder else name
            if len(path) > entries.MOST_PATH:
                layer.refused += 1
                continue
            with suppress(OSError):
                facts = item.stat(follow_symlinks=False)
                found.append(_entry(descriptor, name, path, facts, id_base))
    found.sort()
    for entry in found:
        if entry.kind == entries.FILE and entry.at >= 0:
            # Another name of a file that was seen: its bytes count once, as in a tar archive.
            first = names.setdefault(entry.at, entry.path)
            if first != entry.path:
                entry = entry._replace(kind=entries.HARDLINK, size=0, target=first)
        layer.add(entry._replace(at=-1))
    return [entry.path for entry in found if entry.kind == entries.DIRECTORY]


def _entry(descriptor: int, name: bytes, path: bytes, facts: os.stat_result, id_base: int) -> Entry:
    kind = _KINDS.get(stat.S_IFMT(facts.st_mode), entries.FILE)
    if kind == entries.CHARACTER and facts.st_rdev == 0:
        return Entry(path, entries.WHITEOUT, mtime=int(facts.st_mtime))
    target = os.readlink(name, dir_fd=descriptor) if kind == entries.SYMLINK else b""
    return Entry(
        path,
        kind,
        facts.st_size if kind == entries.FILE else 0,
        stat.S_IMODE(facts.st_mode),
        max(0, facts.st_uid - id_base),
        max(0, facts.st_gid - id_base),
        max(0, int(facts.st_mtime)),
        target[: entries.MOST_PATH],
        # The inode for now: a file with several names is to be known again.
        facts.st_ino if kind == entries.FILE and facts.st_nlink > 1 else -1,
    )


def _is_opaque(descriptor: int) -> bool:
    for name in _OPAQUE_NAMES:
        with suppress(OSError):
            if os.getxattr(descriptor, name) == b"y":
                return True
    return False
