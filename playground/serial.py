"""One at a time: what counts rows and then adds one must not run beside itself.

SQLite lets one writer in at all (``BEGIN IMMEDIATE``). PostgreSQL has locks by number for it, held
until the transaction ends (its documentation, "Advisory Locks").
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """A transaction that waits for every other one of that name."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(name.encode())])
        yield
