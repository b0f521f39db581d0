"""Who a student is: so far a session's own random name."""

from __future__ import annotations

import secrets
from typing import Any

_KEY = "student"


def student_of(session: Any) -> str:
    """The student of a session, ``""`` if it has none yet."""
    return str(session.get(_KEY, ""))


def ensure_student(session: Any) -> str:
    """The student of a session, a new one if it has none yet."""
    if not (student := student_of(session)):
        student = session[_KEY] = secrets.token_hex(16)
    return student


def become(session: Any, student: str) -> None:
    """Be another student from now on."""
    session.cycle_key()
    session[_KEY] = student
