"""A page's questions about layers: one JSON text in, one out, in turn.

A question is one of :mod:`playground.layers.questions` with an ``id`` of the page's choice; its
answer has the same ``id`` and either ``answer`` or ``error``, a word.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from websockets.asyncio.server import ServerConnection

from playground.hub.layers_library import SandboxLibrary
from playground.layers import questions
from playground.layers.errors import LayersError
from playground.runtime.errors import SandboxError
from playground.runtime.sandbox import Sandbox

log = logging.getLogger(__name__)

MOST_QUESTION = 16 << 10
_THREADS = 4


class LayersView:
    """Answers the questions of all pages on a node, one at a time for each sandbox."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, "layers")
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._pages: defaultdict[str, int] = defaultdict(int)

    async def serve(self, connection: ServerConnection, sandbox: Sandbox) -> None:
        """Answer one page until it leaves."""
        loop = asyncio.get_running_loop()
        self._pages[sandbox.id] += 1
        try:
            async for message in connection:
                # One student's slow layers hold up that student, not the node.
                async with self._turns[sandbox.id]:
                    reply = await loop.run_in_executor(self._threads, _reply, sandbox, message)
                await connection.send(reply)
        finally:
            self._pages[sandbox.id] -= 1
            if not self._pages[sandbox.id]:
                del self._pages[sandbox.id]
                self._turns.pop(sandbox.id, None)

    def close(self) -> None:
        """Take no more questions."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _reply(sandbox: Sandbox, message: str | bytes) -> str:
    number: Any = None
    try:
        question = _read(message)
        given = question.get("id")
        number = given if isinstance(given, int) else None
        sandbox.thaw()
        found = questions.answer(SandboxLibrary(sandbox), question)
        return json.dumps({"id": number, "answer": found})
    except LayersError as error:
        return json.dumps({"id": number, "error": error.code})
    except SandboxError:
        return json.dumps({"id": number, "error": "gone"})
    except (OSError, sqlite3.Error) as error:
        log.warning("layers of %s: %s", sandbox.id, error)
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
