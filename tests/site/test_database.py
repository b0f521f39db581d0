"""The database of a site whose processes have different rights."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from playground.serve.database import held
from playground.serve.layout import WEB_ID

_WRITE = """
import os, sqlite3, sys
os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
for _ in range(300):
    connection = sqlite3.connect(sys.argv[1], timeout=10)
    connection.execute("INSERT INTO made VALUES (1)")
    connection.commit()
    connection.close()
"""


@pytest.fixture
def path() -> Iterator[Path]:
    """A database of the web process's, in a folder of its own, as a site has it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield _made(Path(folder, "db", "db.sqlite3"))


def _made(path: Path) -> Path:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE made (n)")
    for each in (path, path.parent):
        os.chown(each, WEB_ID, WEB_ID)
    return path


def test_its_shared_memory_stays_and_is_its_owners(path: Path) -> None:
    shared = path.with_name(f"{path.name}-shm")
    with held(path):
        with closing(sqlite3.connect(path)) as another:
            another.execute("INSERT INTO made VALUES (1)")
            another.commit()
        assert shared.stat().st_uid == WEB_ID
    with closing(sqlite3.connect(path)) as another:
        assert another.execute("SELECT count(*) FROM made").fetchone() == (1,)
    assert not shared.exists()


def test_who_has_no_rights_can_write_while_root_comes_and_goes(path: Path) -> None:
    command = [sys.executable, "-c", _WRITE, str(path), str(WEB_ID)]
    with held(path), subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as writing:
        while writing.poll() is None:
            with closing(sqlite3.connect(path, timeout=10)) as connection:
                connection.execute("SELECT * FROM made LIMIT 1").fetchall()
        assert writing.stderr
        assert writing.returncode == 0, writing.stderr.read()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM made").fetchone() == (300,)


def test_holding_it_keeps_nothing_from_being_written_back(path: Path) -> None:
    with held(path), closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO made VALUES (1)")
        connection.commit()
        busy, log, done = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert (busy, log) == (0, done)


def test_a_site_without_it_is_held_all_the_same(tmp_path: Path) -> None:
    with held(tmp_path / "none"):
        assert not (tmp_path / "none").exists()
