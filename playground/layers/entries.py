"""What a layer holds: its entries, and the bounds within which a stranger's layer is read.

A path is bytes (a file's name need not be UTF-8), relative, and clean: no empty part, no ``.`` and
no ``..``. The layer's root is ``b""``. Two entries of one layer may have the same path: a whiteout
says that the lower layers' file is gone, and beside it there may be a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: Entries of one layer that are kept, and its folders that have no entry of their own with them.
MOST_ENTRIES = 200_000
#: Bytes of all their paths and targets: an index of a hostile layer must not fill a disk.
MOST_BYTES = 32 << 20
#: Linux's PATH_MAX (limits.h) without the final zero: nothing longer could be opened.
MOST_PATH = 4095
#: Linux's NAME_MAX.
MOST_NAME = 255

FILE, DIRECTORY, SYMLINK, HARDLINK = "file", "dir", "symlink", "hardlink"
CHARACTER, BLOCK, FIFO, SOCKET = "char", "block", "fifo", "socket"
#: Hides what the layers below have at the same path.
WHITEOUT = "whiteout"
#: Hides all that the layers below have in the folder of that path.
OPAQUE = "opaque"

#: OCI image specification, "Whiteouts".
WHITEOUT_PREFIX = b".wh."
#: Names of aufs that are about a folder itself; of these only the opaque mark has a meaning now.
MARK_PREFIX = b".wh..wh."
OPAQUE_MARK = b".wh..wh..opq"


class Entry(NamedTuple):
    """One thing in a layer. ``size`` is in bytes, ``mtime`` in seconds since 1970."""

    path: bytes
    kind: str
    size: int = 0
    mode: int = 0
    uid: int = 0
    gid: int = 0
    mtime: int = 0
    #: What a symbolic link says, or the path of the file that a hard link is another name of.
    target: bytes = b""
    #: Where the content begins in the layer's archive; -1 where that is of no use.
    at: int = -1
    #: A folder that other entries are in and that has no entry of its own.
    implied: bool = False

    @property
    def is_mark(self) -> bool:
        """Whether it only says something about the layers below."""
        return self.kind in (WHITEOUT, OPAQUE)


def clean(path: bytes) -> bytes | None:
    """A path as above; ``None`` for one that cannot be of a file in a layer."""
    if len(path) > MOST_PATH:
        return None
    if b"//" not in path and b"/." not in path and path[:1] not in (b"/", b"."):
        path = path.rstrip(b"/")  # nearly all are like this
        if b"/" not in path and len(path) > MOST_NAME:
            return None
        return path if len(path) <= MOST_NAME or _names_fit(path) else None
    parts: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            # As path.Clean does for an absolute path: one cannot leave the root.
            del parts[-1:]
        elif part not in (b"", b"."):
            parts.append(part)
    joined = b"/".join(parts)
    return joined if _names_fit(joined) else None


def _names_fit(path: bytes) -> bool:
    return all(len(part) <= MOST_NAME for part in path.split(b"/"))


def parent(path: bytes) -> bytes:
    """The folder that a path is in; the root is in itself."""
    return path.rpartition(b"/")[0]


def ancestors(path: bytes) -> Iterator[bytes]:
    """The folders that a path is in, the nearest first, without the root."""
    while path := path.rpartition(b"/")[0]:
        yield path


class Layer:
    """All entries of one layer, in memory while it is read, within the bounds above.

    ``truncated`` says that there were more, ``refused`` how many had a name that no file can have.
    """

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        self.truncated = False
        self.refused = 0
        self.most = most
        self._bytes = 0
        self._files: dict[bytes, Entry] = {}
        self._marks: dict[tuple[bytes, str], Entry] = {}

    def __len__(self) -> int:
        return len(self._files) + len(self._marks)

    def __iter__(self) -> Iterator[Entry]:
        yield from self._files.values()
        yield from self._marks.values()

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Layer:
        """A layer of those entries."""
        layer = cls()
        for entry in entries:
            if not layer.add(entry):
                break
        return layer

    def get(self, path: bytes) -> Entry | None:
        """What a path is in this layer, marks apart."""
        return self._files.get(path)

    def add(self, entry: Entry) -> bool:
        """Add one; the last of a path counts. ``False`` once no more can be taken."""
        path = entry.path
        if not path and entry.kind != OPAQUE:
            return True  # the root's own entry says nothing that is shown
        self._bytes += len(path) + len(entry.target)
        if len(self) >= self.most or self._bytes > MOST_BYTES:
            self.truncated = True
            return False
        if entry.is_mark:
            self._marks[path, entry.kind] = entry
        else:
            self._files[path] = entry
        folder = path.rpartition(b"/")[0]
        if folder and folder not in self._files:
            return self._imply(folder)
        return True

    def _imply(self, folder: bytes) -> bool:
        while folder and folder not in self._files:
            self._bytes += len(folder)
            if len(self) >= self.most or self._bytes > MOST_BYTES:
                self.truncated = True
                return False
            self._files[folder] = Entry(folder, DIRECTORY, mode=0o755, implied=True)
            folder = folder.rpartition(b"/")[0]
        return True


def tar_entry(entry: Entry) -> Entry | None:
    """An archive's entry with whiteouts read from names; ``None`` for a mark without a meaning."""
    folder, slash, name = entry.path.rpartition(b"/")
    if not name.startswith(WHITEOUT_PREFIX):
        return entry
    if name == OPAQUE_MARK:
        return Entry(folder, OPAQUE, mtime=entry.mtime)
    hidden = name[len(WHITEOUT_PREFIX) :]
    if name.startswith(MARK_PREFIX) or not hidden or hidden in (b".", b".."):
        return None
    return Entry(folder + slash + hidden, WHITEOUT, mtime=entry.mtime)
