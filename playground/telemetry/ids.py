"""One id from the click to the container: made in the web process, bound wherever work goes on."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("playground_request_id", default="")
_FORM = re.compile(r"[0-9a-f]{16}\Z")


def new() -> str:
    """A fresh id, 16 hexadecimal digits."""
    return secrets.token_hex(8)


def current() -> str:
    """The id of what is being done here, ``""`` outside of any."""
    return _current.get()


@contextmanager
def bound(request_id: object) -> Iterator[str]:
    """Do something under an id; anything that is no id of ours is ``""``."""
    known = request_id if isinstance(request_id, str) and _FORM.match(request_id) else ""
    before = _current.get()
    _current.set(known)
    try:
        yield known
    finally:
        # Not by a token: tasks may end in a copy of the context that they began in.
        _current.set(before)


def bind(request_id: object) -> None:
    """Do all that follows in this context under an id; see :func:`bound`."""
    known = isinstance(request_id, str) and _FORM.match(request_id)
    _current.set(str(request_id) if known else "")
