"""The live picture of one engine for one page: all there is, then what changes.

JSON texts, one a message, to the web process::

    {"set": {kind: {id: document}}, "gone": {kind: [id…]}, "events": [{…}…]}
                                                            the state, by difference, with what
                                                            the engine said happened meanwhile
    {"usage": {…}}                                          how near the host is to its limits
    {"stats": {container: [processor share, memory bytes]}}
    {"error": text}                                         the engine does not answer
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any

from websockets.asyncio.server import ServerConnection

from playground.checks.facts import Facts
from playground.hub import limits_view, under_way
from playground.hub.engine_state import Documents, EngineState, event
from playground.hub.events import events
from playground.hub.together import until_first, wait_for_event
from playground.hub.under_way import UnderWay
from playground.runtime.container_usage import ContainerUsage, container_usage
from playground.runtime.engine import BAD_SHAPE
from playground.runtime.sandbox import Sandbox

#: Events come in bursts; they are gathered for this long, in seconds.
_GATHER = 0.02
#: Seconds between looks at usage, and between tries to reach an engine that has ended.
_USAGE_EVERY, _AGAIN = 1.5, 1.0
#: Seconds between looks at what is being built or pulled: a stat of three folders when nothing is.
_MAKING_EVERY = 0.25
#: Without an event the state is looked at again after so many seconds: names change without one.
_LOOK_EVERY = 10.0
#: A look that took long is followed by a rest of so many times its length.
_REST = 1.0
#: Events told at most until the page takes some.
_EVENTS = 200


class EngineView:
    """One page that looks at an engine."""

    def __init__(self, connection: ServerConnection, sandbox: Sandbox, executor: Executor) -> None:
        self._connection = connection
        self._sandbox = sandbox
        self._executor = executor
        self._facts = Facts(sandbox)
        self._state = EngineState(self._facts)
        self._sent: dict[str, Documents] = {}
        self._under_way = UnderWay(Facts(sandbox))
        self._made: Documents = {}
        self._stale: set[str] = {""}
        self._news = asyncio.Event()
        self._news.set()
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_EVENTS)
        self._before: tuple[float, dict[str, ContainerUsage]] = (0.0, {})

    async def run(self) -> None:
        """Serve until the page leaves."""
        await until_first(
            self._listen(),
            self._tell(),
            self._tell_making(),
            self._tell_usage(),
            self._wait_closed(),
        )

    async def _wait_closed(self) -> None:
        async for _ in self._connection:
            pass  # nothing is expected from the page

    async def _listen(self) -> None:
        while True:
            with suppress(OSError):
                async for said in events(self._sandbox):
                    self._note(said)
            self._stale.add("")
            self._news.set()
            await asyncio.sleep(_AGAIN)

    def _note(self, said: dict[str, Any]) -> None:
        actor = said.get("Actor")
        key = actor.get("ID") if isinstance(actor, dict) else None
        of_container = said.get("Type") == "container" and isinstance(key, str)
        self._stale.add(str(key) if of_container else "")
        if (told := event(said)) and not self._events.full():
            self._events.put_nowait(told)
        self._news.set()

    async def _tell(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await wait_for_event(self._news, _LOOK_EVERY)
            await asyncio.sleep(_GATHER)
            self._news.clear()
            for key in self._stale:
                self._facts.forget(key)
            self._stale.clear()
            happened = [self._events.get_nowait() for _ in range(self._events.qsize())]
            started = loop.time()
            try:
                state = await loop.run_in_executor(self._executor, self._state.read)
            except BAD_SHAPE as error:
                await self._send({"error": f"The engine does not answer ({type(error).__name__})."})
                self._sent = {}
                self._stale.add("")
                await asyncio.sleep(_AGAIN)
                self._news.set()
                continue
            said = difference(self._sent, state)
            if not self._sent:
                self._made = {}
                said |= {"set": said.get("set", {}), "whole": True}
            self._sent = state
            if happened:
                said["events"] = happened
            if said:
                await self._send(said)
            await asyncio.sleep(min(_REST * (loop.time() - started), 2.0))

    async def _tell_making(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_MAKING_EVERY)
            if not self._sent:
                continue  # the page knows nothing yet
            try:
                making = await loop.run_in_executor(self._executor, self._under_way.read)
            except BAD_SHAPE:
                making = {}  # the engine is not there, which is said elsewhere
            before, self._made = self._made, making
            said = difference({"making": before}, {"making": making})
            if happened := under_way.news(before, making):
                said["events"] = happened
            if said:
                await self._send(said)
            if before and not making:
                self._news.set()  # an image without a name comes without an event

    async def _tell_usage(self) -> None:
        loop = asyncio.get_running_loop()
        sent = ""
        while True:
            usage, stats = await loop.run_in_executor(self._executor, self._usage)
            text = json.dumps({"usage": usage})
            if text != sent:
                await self._connection.send(text)
                sent = text
            if stats:
                await self._send({"stats": stats})
            await asyncio.sleep(_USAGE_EVERY)

    def _usage(self) -> tuple[dict[str, Any], dict[str, list[float]]]:
        now, used = time.monotonic(), container_usage(self._sandbox.group)
        before, known = self._before
        self._before = (now, used)
        stats: dict[str, list[float]] = {}
        for key, each in used.items():
            if key in known and now > before:
                spent = max(0.0, each.cpu_seconds - known[key].cpu_seconds)
                stats[key[:12]] = [round(spent / (now - before), 3), each.memory_bytes]
        return limits_view.view(self._sandbox), stats

    async def _send(self, document: dict[str, Any]) -> None:
        await self._connection.send(json.dumps(document))


def difference(before: Mapping[str, Documents], now: Mapping[str, Documents]) -> dict[str, Any]:
    """What a page that has ``before`` must be told: ``set`` and ``gone``, each where there is."""
    changed: dict[str, Documents] = {}
    gone: dict[str, list[str]] = {}
    for kind, documents in now.items():
        had = before.get(kind, {})
        if new := {key: doc for key, doc in documents.items() if had.get(key) != doc}:
            changed[kind] = new
        if old := [key for key in had if key not in documents]:
            gone[kind] = old
    return ({"set": changed} if changed else {}) | ({"gone": gone} if gone else {})
