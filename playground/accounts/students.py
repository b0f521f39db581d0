"""Who a student is: a random name that sandboxes and progress are kept by.

Without an account it is the session's own. With one it is the account's, and the session's becomes
that at sign-in (:mod:`playground.accounts.signing_in`).
"""

from __future__ import annotations

import secrets
from typing import Any

_KEY = "student"


def new_student() -> str:
    """A name that cannot be guessed, 32 hexadecimal digits."""
    return secrets.token_hex(16)


def student_of(session: Any) -> str:
    """The student of a session, ``""`` if it has none yet."""
    return str(session.get(_KEY, ""))


def ensure_student(session: Any) -> str:
    """The student of a session, a new one if it has none yet."""
    if not (student := student_of(session)):
        student = session[_KEY] = new_student()
    return student


def become(session: Any, student: str) -> None:
    """Be another student from now on, under another session key."""
    session.cycle_key()
    set_student(session, student)


def set_student(session: Any, student: str) -> None:
    """Be another student, where somebody else has changed the session's key already."""
    session[_KEY] = student
