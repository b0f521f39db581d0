"""Questions to the hub from an operation, which runs in a thread."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.db import connection

from playground.api.problems import Problem
from playground.sandboxes.asking import NoAnswer, ask


def ask_hub(purpose: str, sandbox_id: str, question: object, within: float) -> dict[str, Any]:
    """The hub's answer; raises ``Problem`` if there is none within so many seconds."""
    if not connection.in_atomic_block:
        connection.close()  # it is one of a pool's, and the answer may take a minute
    try:
        return async_to_sync(ask)(purpose, sandbox_id, within, question=question)
    except NoAnswer:
        raise unavailable() from None


def unavailable() -> Problem:
    """Nothing answers at the moment."""
    return Problem(
        503,
        "no-answer",
        "There is no answer",
        "The sandbox or its machine does not answer now. Try again in a few seconds.",
        Retry_After="5",
    )
