"""A layer's entries in a file of its own, so that a folder opens without reading the rest.

One SQLite database a layer. It is written beside its place and renamed, so nobody ever reads half
of one, and carries a version: one of another version counts as absent and is written anew.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from playground.layers import entries
from playground.layers.entries import Entry, Layer

#: Raise it when the tables or their meaning change.
VERSION = 1

_SCHEMA = """
CREATE TABLE entry (
    folder BLOB, name BLOB, mark TEXT, kind TEXT, size INTEGER, mode INTEGER, uid INTEGER,
    gid INTEGER, mtime INTEGER, target BLOB, at INTEGER, implied INTEGER,
    bytes INTEGER, files INTEGER,
    PRIMARY KEY (folder, name, mark)
) WITHOUT ROWID;
CREATE TABLE fact (name TEXT PRIMARY KEY, value INTEGER);
"""
_INSERT = "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_COLUMNS = "folder, name, kind, size, mode, uid, gid, mtime, target, at, implied"


class Index:
    """The entries of one layer, read from its database; to be closed, and used by one thread."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        facts = dict(self._db.execute("SELECT name, value FROM fact"))
        #: Bytes of all files, entries, whether there were more, names that no file can have.
        self.size: int = facts["size"]
        self.count: int = facts["count"]
        self.truncated = bool(facts["truncated"])
        self.refused: int = facts["refused"]

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    def get(self, path: bytes) -> Entry | None:
        """What a path is in this layer, marks apart."""
        return self.at(path)[0]

    def at(self, path: bytes) -> tuple[Entry | None, set[str]]:
        """What a path is in this layer, and the marks that the layer has there."""
        folder, _, name = path.rpartition(b"/")
        found, marks = None, set()
        for row in self._db.execute(
            f"SELECT {_COLUMNS} FROM entry WHERE folder = ? AND name = ?",  # noqa: S608
            (folder, name),
        ):
            entry = _entry(row)
            if entry.is_mark:
                marks.add(entry.kind)
            else:
                found = entry
        return found, marks

    def children(self, folder: bytes, offset: int = 0, most: int = -1) -> list[Entry]:
        """What is directly in a folder, by name, whiteouts too; all of it if ``most`` is -1."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM entry WHERE folder = ? AND name != x'' AND mark != ? "  # noqa: S608
            "ORDER BY name, mark LIMIT ? OFFSET ?",
            (folder, entries.OPAQUE, most, offset),
        )
        return [_entry(row) for row in rows]

    def marks(self, most: int) -> list[Entry]:
        """Its whiteouts and opaque folders, as many as are asked for."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM entry WHERE mark != '' LIMIT ?",  # noqa: S608
            (most,),
        )
        return [_entry(row) for row in rows]

    def below(self, path: bytes) -> tuple[int, int]:
        """Bytes and number of the files of this layer below a folder."""
        folder, _, name = path.rpartition(b"/")
        row = self._db.execute(
            "SELECT bytes, files FROM entry WHERE folder = ? AND name = ? AND mark = ''",
            (folder, name),
        ).fetchone()
        return (row[0], row[1]) if row else (0, 0)

    def all(self) -> Iterator[Entry]:
        """Every entry, folder by folder."""
        for row in self._db.execute(f"SELECT {_COLUMNS} FROM entry"):  # noqa: S608
            yield _entry(row)

    def search(self, text: str, most: int) -> list[Entry]:
        """Entries whose name has ``text`` in it, or whose path if ``text`` has a slash.

        ASCII letters count as equal in both cases.
        """
        what = "folder || '/' || name" if "/" in text else "name"
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM entry WHERE mark != ? "  # noqa: S608
            f"AND instr(lower(CAST({what} AS TEXT)), lower(?)) LIMIT ?",
            (entries.OPAQUE, text, most),
        )
        return [_entry(row) for row in rows if row[1]]


def _entry(row: tuple[Any, ...]) -> Entry:
    path = row[0] + b"/" + row[1] if row[0] else row[1]
    return Entry._make((path, *row[2:10], bool(row[10])))


def write(layer: Layer, target: Path) -> None:
    """Write a layer's index, in one step; raises ``OSError`` and ``sqlite3.Error``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, scratch = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    os.close(descriptor)
    try:
        # Nothing is kept if it fails, so SQLite need not take care of that as well.
        with closing(sqlite3.connect(scratch, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = OFF")
            db.execute("PRAGMA synchronous = OFF")
            db.execute(f"PRAGMA user_version = {VERSION}")
            db.executescript(f"BEGIN; {_SCHEMA}")
            db.executemany(_INSERT, _rows(layer))
            size = sum(entry.size for entry in layer)
            facts = {
                "size": size,
                "count": len(layer),
                "truncated": int(layer.truncated),
                "refused": layer.refused,
            }
            db.executemany("INSERT INTO fact VALUES (?, ?)", facts.items())
            db.execute("COMMIT")
        Path(scratch).chmod(0o644)
        Path(scratch).rename(target)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _rows(layer: Layer) -> Iterator[tuple[Any, ...]]:
    totals: dict[bytes, list[int]] = {}
    for entry in layer:
        if entry.kind != entries.DIRECTORY and not entry.is_mark:
            for folder in entries.ancestors(entry.path):
                total = totals.setdefault(folder, [0, 0])
                total[0] += entry.size
                total[1] += 1
    for entry in sorted(layer, key=lambda e: e.path):
        folder, _, name = entry.path.rpartition(b"/")
        size, files = totals.get(entry.path, (0, 0)) if not entry.is_mark else (0, 0)
        mark = entry.kind if entry.is_mark else ""
        yield (folder, name, mark, *entry[1:], size, files)


class Cache:
    """Indexes by their layer's digest: looked for in each folder, written to the first.

    A folder only ever has layers whose origin is known: a stranger who says that a layer has some
    digest gets a folder of their own, or they could change what others see.
    """

    def __init__(self, *folders: Path, most_bytes: int = 0) -> None:
        self._folders = folders
        #: Bytes that the first folder may hold, the oldest going first; 0: no bound.
        self._most_bytes = most_bytes

    @property
    def folder(self) -> Path:
        """The folder that is written."""
        return self._folders[0]

    def path(self, digest: str) -> Path | None:
        """Where the index of that layer is; ``None`` if it has not been read yet."""
        for folder in self._folders:
            path = folder / _file_name(digest)
            if _version(path) == VERSION:
                return path
        return None

    def put(self, digest: str, layer: Layer) -> Path:
        """Keep a layer's index; raises ``OSError`` and ``sqlite3.Error``."""
        path = self._folders[0] / _file_name(digest)
        write(layer, path)
        if self._most_bytes:
            self._make_room(path)
        return path

    def _make_room(self, newest: Path) -> None:
        held = 0
        files = [(file.stat(), file) for file in self.folder.iterdir()]
        for facts, file in sorted(files, key=lambda each: each[0].st_mtime, reverse=True):
            held += facts.st_size
            if held > self._most_bytes and file != newest:
                file.unlink(missing_ok=True)

    @contextmanager
    def open(self, digest: str) -> Iterator[Index | None]:
        """The index of a layer for as long as it is needed, ``None`` if there is none."""
        path = self.path(digest)
        if path is None:
            yield None
            return
        index = Index(path)
        try:
            yield index
        finally:
            index.close()


def _file_name(digest: str) -> str:
    algorithm, _, number = digest.partition(":")
    if not (algorithm.isalnum() and number.isalnum() and len(digest) < 150):
        raise ValueError("not a digest")
    return f"{algorithm}-{number}.sqlite"


def _version(path: Path) -> int:
    """The ``user_version`` in a database's header (bytes 60 to 63); -1 if there is no such file."""
    try:
        with path.open("rb") as file:
            return int.from_bytes(file.read(64)[60:64], "big")
    except OSError:
        return -1
