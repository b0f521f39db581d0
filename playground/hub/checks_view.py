"""A page that has a lesson open: what it watches, and what has become of it.

JSON texts, one a message. To the hub::

    {"watch": {name: check}}                     look at these checks, and no others
    {"setup": {"name", "script"}}                prepare the host, once
    {"put": {"path", "text"}}                    put a file there

To the web process::

    {"check": name, "ok", "near", "missing": [{"code", "params"}]}
    {"typed": line, "code"}                      a line began (null) or came back
    {"setup": "" or what went wrong}
    {"put": path, "error": "" or what went wrong}
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import asdict
from typing import Any
from weakref import WeakValueDictionary

from pydantic import ValidationError
from websockets.asyncio.server import ServerConnection

from playground.checks.spec import Check
from playground.checks.verdict import Verdict
from playground.hub.preparing import prepare, put_file
from playground.hub.protocol import BadFrame
from playground.hub.together import until_first
from playground.hub.watcher import Watcher
from playground.runtime.errors import SandboxError
from playground.runtime.sandbox import Sandbox

Listener = Callable[[str, int | None], None]
#: Lines told at most, until the page takes some: nobody types as fast as a forger.
_LINES = 100


#: A host that never answers must not take more than one of the threads that all share.
_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


def _alone(sandbox_id: str) -> asyncio.Lock:
    """What is done on one host at a time, whatever number of pages it has."""
    return _turns.setdefault(sandbox_id, asyncio.Lock())


class ChecksSession:
    """One page's lesson."""

    def __init__(self, connection: ServerConnection, sandbox: Sandbox, executor: Executor) -> None:
        self._connection = connection
        self._sandbox = sandbox
        self._watcher = Watcher(sandbox, executor, self._tell)
        self._lines: asyncio.Queue[tuple[str, int | None]] = asyncio.Queue(_LINES)

    def heard(self, line: str, code: int | None) -> None:
        """A line was typed at one of the host's prompts."""
        self._watcher.typed(line, code)
        if not self._lines.full():
            self._lines.put_nowait((line, code))

    async def run(self) -> None:
        """Serve until the page leaves."""
        await until_first(self._watcher.run(), self._tell_lines(), self._receive())

    async def _receive(self) -> None:
        async for message in self._connection:
            try:
                document = json.loads(message)
                for verb, given in document.items():
                    await self._do(verb, given)
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
                if isinstance(error, BadFrame):
                    raise
                raise BadFrame(f"not what a lesson asks for: {type(error).__name__}") from None

    async def _do(self, verb: str, given: Any) -> None:
        if verb == "watch":
            try:
                checks = {str(key): Check.model_validate(value) for key, value in given.items()}
            except ValidationError as error:
                raise BadFrame(f"no check: {error.error_count()} mistakes") from None
            self._watcher.watch(checks)
        elif verb == "setup":
            try:
                async with _alone(self._sandbox.id):
                    await asyncio.to_thread(prepare, self._sandbox, given["name"], given["script"])
                said = ""
            except SandboxError as error:
                said = str(error)
            await self._send({"setup": said})
        elif verb == "put":
            path, said = str(given["path"]), ""
            try:
                async with _alone(self._sandbox.id):
                    await asyncio.to_thread(put_file, self._sandbox, path, str(given["text"]))
            except SandboxError as error:
                said = str(error)
            await self._send({"put": path, "error": said})
        else:
            raise BadFrame(f"unknown verb {verb:.20}")

    async def _tell(self, name: str, verdict: Verdict) -> None:
        if verdict.ok:
            self._watcher.done(name)
        await self._send({"check": name, **asdict(verdict)})

    async def _tell_lines(self) -> None:
        while True:
            line, code = await self._lines.get()
            await self._send({"typed": line[:1000], "code": code})

    async def _send(self, document: dict[str, Any]) -> None:
        await self._connection.send(json.dumps(document))
