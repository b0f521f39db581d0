"""Questions of a page as JSON texts: one in, one out.

A question is one of :mod:`playground.layers.questions` with an ``id`` of the page's choice; its
answer has the same ``id`` and either ``answer`` or ``error``, a word.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from typing import Any

from playground.layers import questions
from playground.layers.errors import LayersError
from playground.layers.library import Library

log = logging.getLogger(__name__)

#: Letters of one question; the longest has a path of 4 kB, each byte of which may take six.
MOST_QUESTION = 32 << 10


def reply(library: Callable[[], Library], message: str | bytes) -> str:
    """Answer a question, whatever it is; ``library`` is called once it has proved to be one."""
    number: Any = None
    try:
        question = _read(message)
        given = question.get("id")
        number = given if isinstance(given, int) else None
        return json.dumps({"id": number, "answer": questions.answer(library(), question)})
    except LayersError as error:
        return json.dumps({"id": number, "error": error.code})
    except MemoryError:  # the reader of uploads has a bound of its own
        return json.dumps({"id": number, "error": "large"})
    except (OSError, sqlite3.Error) as error:
        log.warning("a question about layers was not answered: %s", error)
        return json.dumps({"id": number, "error": "failed"})


def _read(message: str | bytes) -> dict[str, Any]:
    if len(message) > MOST_QUESTION:
        raise LayersError("question")
    try:
        question = json.loads(message)
    except (ValueError, RecursionError):
        raise LayersError("question") from None
    if not isinstance(question, dict):
        raise LayersError("question")
    return question
