"""A page that has a lesson open: what it watches, and what has become of it.

JSON texts, one a message. To the hub::

    {"watch": {name: check}}                     look at these checks, and no others
    {"setup": {"name", "script"}}                prepare the host, once
    {"put": {"path", "text"}}                    put a file there
    {"rebuild": [{"kind", "name", "text"}]}      do all this on the host, one after the other

To the web process::

    {"check": name, "ok", "near", "missing": [{"code", "params"}]}
    {"typed": line, "code"}                      a line began (null) or came back
    {"setup": "" or what went wrong}
    {"put": path, "error": "" or what went wrong}
    {"rebuild": {"at", "of", "error"}}           so many are done; an error ends it
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import asdict
from typing import Any
from weakref import WeakValueDictionary

from pydantic import ValidationError
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from playground.checks.spec import Check
from playground.checks.verdict import Verdict
from playground.hub.acting import Action, act_all
from playground.hub.preparing import prepare, put_file
from playground.hub.protocol import BadFrame
from playground.hub.together import until_first
from playground.hub.typist import Typist
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

    def __init__(
        self,
        connection: ServerConnection,
        sandbox: Sandbox,
        executor: Executor,
        typist: Callable[[], AbstractAsyncContextManager[Typist]],
    ) -> None:
        self._connection = connection
        self._sandbox = sandbox
        self._typist = typist
        self._rebuilding: asyncio.Task[None] | None = None
        self._watcher = Watcher(sandbox, executor, self._tell)
        self._lines: asyncio.Queue[tuple[str, int | None]] = asyncio.Queue(_LINES)

    def heard(self, line: str, code: int | None) -> None:
        """A line was typed at one of the host's prompts."""
        self._watcher.typed(line, code)
        if not self._lines.full():
            self._lines.put_nowait((line, code))

    async def run(self) -> None:
        """Serve until the page leaves."""
        try:
            await until_first(self._watcher.run(), self._tell_lines(), self._receive())
        finally:
            if self._rebuilding:
                self._rebuilding.cancel()
                await asyncio.gather(self._rebuilding, return_exceptions=True)

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
        elif verb == "rebuild":
            actions = [Action(str(e["kind"]), str(e["name"]), str(e["text"])) for e in given]
            if self._rebuilding is None or self._rebuilding.done():
                self._rebuilding = asyncio.create_task(self._rebuild(actions))
        else:
            raise BadFrame(f"unknown verb {verb:.20}")

    async def _rebuild(self, actions: list[Action]) -> None:
        """Do it in a terminal of its own: nobody's checks hear its lines, they were done before."""
        at = 0

        async def tell(done: int) -> None:
            nonlocal at
            at = done
            await self._send({"rebuild": {"at": at, "of": len(actions), "error": ""}})

        with suppress(ConnectionClosed):
            try:
                async with self._typist() as typist:
                    await act_all(self._sandbox, typist, actions, tell)
            except (SandboxError, OSError, KeyError, IndexError) as failed:
                said = str(failed) or type(failed).__name__
                await self._send({"rebuild": {"at": at, "of": len(actions), "error": said}})

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
