"""A backup as a file: a tar with a manifest, the rows, and the folders that hold the rest."""

from __future__ import annotations

import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from playground.backup import records
from playground.backup.errors import BackupError

#: Raised when the layout of the file changes.
FORMAT = 1
_MANIFEST, _ROWS = "manifest.json", "rows.jsonl"
#: What lies below ``PLAYGROUND_VAR`` and belongs to the site's data. Sandboxes' disks do not: they
#: live for hours, and are the node's.
PLACES = ("secret", "images", "media", "lessons")
_MOST_MANIFEST = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    made: str
    rows: int
    #: The newest migration of each application, as ``[app, name]``.
    migrations: list[list[str]]

    @property
    def targets(self) -> records.Targets:
        """The migrations to put the rows in at."""
        return [(app, name) for app, name in self.migrations]


def make(target: Path, var: Path, database: str = "default") -> Manifest:
    """Write a backup; the file appears when it is whole. Raises ``BackupError``, ``OSError``."""
    if target.exists():
        raise BackupError(f"{target} is there already: take another name.")
    scratch = target.with_name(f".{target.name}.new")
    with tempfile.TemporaryFile() as rows:
        count = 0
        for line in records.dump(database):
            rows.write(line.encode() + b"\n")
            count += 1
        manifest = Manifest(
            format=FORMAT,
            made=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            rows=count,
            migrations=[list(each) for each in records.applied(database)],
        )
        size = rows.tell()
        rows.seek(0)
        try:
            # Sessions and password hashes are in it: for its owner alone.
            descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with (
                os.fdopen(descriptor, "wb") as file,
                tarfile.open(fileobj=file, mode="w:gz") as tar,
            ):
                text = json.dumps(asdict(manifest), indent=1).encode()
                _add(tar, _MANIFEST, len(text), io.BytesIO(text))
                _add(tar, _ROWS, size, rows)
                for place in PLACES:
                    if (var / place).exists():
                        tar.add(var / place, f"var/{place}")
            scratch.rename(target)
        finally:
            with suppress(FileNotFoundError):
                scratch.unlink()
    return manifest


def _add(tar: tarfile.TarFile, name: str, size: int, file: io.BufferedIOBase | object) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    tar.addfile(entry, file)  # type: ignore[arg-type]


def restore(source: Path, var: Path, database: str = "default") -> Manifest:
    """Put a backup into an empty database, and its folders below ``var``.

    Raises ``BackupError`` (nothing was changed then, but for tables that a failed load left empty)
    and ``OSError``.
    """
    if not records.is_empty(database):
        raise BackupError(
            "The database is not empty: `make reset` empties this checkout's, or name another one."
        )
    if there := [place for place in PLACES if place != "secret" and (var / place).exists()]:
        raise BackupError(f"{var} has {', '.join(there)} already: move that away first.")
    with _opened(source) as tar:
        manifest = read_manifest(tar)
        rows = tar.extractfile(_ROWS)
        if rows is None:
            raise BackupError(f"{source} has no rows: it is no whole backup.")
        count = records.load(database, manifest.targets, (line.decode() for line in rows))
        if count != manifest.rows:
            raise BackupError(f"It says {manifest.rows} rows and has {count}: it is not whole.")
        var.mkdir(parents=True, exist_ok=True)
        for entry in tar.getmembers():
            if entry.name not in (_MANIFEST, _ROWS):
                entry.name = _place(entry)
                tar.extract(entry, var, numeric_owner=True)
    return manifest


def _place(entry: tarfile.TarInfo) -> str:
    """Where it goes below ``var``; raises ``BackupError`` for what no backup of ours has."""
    parts = entry.name.split("/")
    is_ours = parts[0] == "var" and len(parts) > 1 and parts[1] in PLACES and ".." not in parts
    if not is_ours or not (entry.isfile() or entry.isdir()):
        raise BackupError(f"{entry.name!r} does not belong in a backup.")
    return "/".join(parts[1:])


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(source, "r:gz") as tar:
            yield tar
    except (tarfile.TarError, EOFError, KeyError) as error:
        raise BackupError(f"{source} is no backup, or not a whole one: {error}") from None


def read_manifest(tar: tarfile.TarFile) -> Manifest:
    """What a backup says of itself; raises ``BackupError``."""
    entry = tar.getmember(_MANIFEST)
    file = tar.extractfile(entry)
    if file is None or entry.size > _MOST_MANIFEST:
        raise BackupError("It has no manifest: it is no backup of this site.")
    try:
        manifest = Manifest(**json.loads(file.read()))
    except (ValueError, TypeError) as error:
        raise BackupError(f"Its manifest cannot be read: {error}") from None
    if manifest.format > FORMAT:
        raise BackupError("It was made by a newer version: update this one first.")
    return manifest
