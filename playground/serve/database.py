"""Keeps SQLite's shared memory in place while the site runs.

The last process that closes a database in WAL mode removes the files beside it (https://sqlite.org/
wal.html), and the next one makes them anew. A process of root makes them as root's and hands them
to the database's owner a moment later: one without rights that comes in between gets them for
reading alone, and "attempt to write a readonly database" from then on, for as long as it keeps a
connection.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a database open; one that is not there (PostgreSQL has its place) is none.

    Begin before any other process without rights opens it.
    """
    if not path.is_file():
        yield
        return
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        yield
