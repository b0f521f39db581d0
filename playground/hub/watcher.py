"""Watches a sandbox for the checks of a lesson's step, and tells what has changed about them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any

from playground.checks.evaluate import evaluate, needs_clock
from playground.checks.facts import Facts
from playground.checks.spec import Check
from playground.checks.typed import Line
from playground.checks.verdict import Verdict
from playground.hub.events import events
from playground.hub.together import wait_for_event
from playground.runtime.sandbox import Sandbox
from playground.telemetry import metrics

#: Events come in bursts (a run is six of them); they are waited for this long, in seconds.
_GATHER = 0.02
#: Seconds between looks for what gives no event, and between those soon after something happened:
#: a server that was just started answers within a moment, a file is written while one is inside.
_CLOCK, _QUICK_CLOCK = 1.0, 0.2
#: For so many seconds after something happened the quick clock goes.
_SOON = 10.0
#: Looks may take this share of the time, and so many seconds more after a while without any. The
#: events of a removal take an engine 200 ms, during which each look waits for it: what counts is
#: the last of them, which must not wait for the rest after the looks before.
_SHARE = 1 / 3
_CREDIT = 0.6
#: The longest rest in seconds.
_REST = 5.0
_LISTEN_AGAIN = 1.0
#: How many of the lines typed last are looked at.
_LINES = 50

Tell = Callable[[str, Verdict], Awaitable[None]]


class Watcher:
    """One page's checks. Lives on the hub's event loop; looks happen in the executor's threads."""

    def __init__(self, sandbox: Sandbox, executor: Executor, tell: Tell) -> None:
        self._sandbox = sandbox
        self._executor = executor
        self._tell = tell
        self._facts = Facts(sandbox)
        self._checks: dict[str, Check] = {}
        self._told: dict[str, Verdict] = {}
        self._lines: list[Line] = []
        self._news = asyncio.Event()
        self._last_news = 0.0
        self._credit = _CREDIT
        #: Containers that have changed, ``""`` for any of them; forgotten before the next look.
        self._stale: set[str] = {""}

    def watch(self, checks: Mapping[str, Check]) -> None:
        """Look at these checks from now on; what was typed before counts no more."""
        self._checks = dict(checks)
        self._told.clear()
        self._lines.clear()
        self._news.set()

    def done(self, name: str) -> None:
        """A check held: it is looked at no more."""
        self._checks.pop(name, None)

    def typed(self, text: str, exit_code: int | None) -> None:
        """A line began or came back at the host's prompt."""
        if exit_code is not None and self._lines and self._lines[-1].text == text:
            self._lines.pop()
        self._lines = [*self._lines, Line(text, exit_code)][-_LINES:]
        self._news.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        listener = asyncio.create_task(self._listen())
        loop = asyncio.get_running_loop()
        ended = loop.time()
        try:
            while True:
                await self._wait()
                started = loop.time()
                if self._news.is_set():
                    self._last_news = started
                    self._news.clear()
                await self._look()
                earned, ended = _SHARE * (started - ended), loop.time()
                self._credit = min(_CREDIT, self._credit + earned) - (ended - started)
                await asyncio.sleep(min(-self._credit / _SHARE, _REST))
        finally:
            listener.cancel()

    async def _wait(self) -> None:
        await wait_for_event(self._news, self._clock())
        await asyncio.sleep(_GATHER)

    def _clock(self) -> float | None:
        """Seconds until the next look without news; ``None`` where each change gives an event."""
        checks = self._checks.values()
        if not any(map(needs_clock, checks)):
            return None
        soon = asyncio.get_running_loop().time() - self._last_news < _SOON
        # Scripts cost the student's processor time.
        return _QUICK_CLOCK if soon and not any(each.script for each in checks) else _CLOCK

    async def _look(self) -> None:
        checks, lines = dict(self._checks), tuple(self._lines)
        if not checks:
            return
        for key in self._stale:
            self._facts.forget(key)
        self._stale.clear()
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._executor, self._evaluate, checks, lines)
        for name, verdict in found.items():
            if self._checks.get(name) is checks[name] and self._told.get(name) != verdict:
                self._told[name] = verdict
                await self._tell(name, verdict)

    def _evaluate(self, checks: Mapping[str, Check], lines: tuple[Line, ...]) -> dict[str, Verdict]:
        if self._sandbox.group.is_frozen():
            return {}
        self._facts.look_again()
        with metrics.CHECK_SECONDS.time():
            found = {name: evaluate(check, self._facts, lines) for name, check in checks.items()}
        for verdict in found.values():
            metrics.CHECKS.labels("holds" if verdict.ok else "missing").inc()
        return found

    async def _listen(self) -> None:
        """Take note of events, and begin anew where the engine has ended."""
        while True:
            with suppress(OSError):
                async for event in events(self._sandbox):
                    self._note(event)
            self._stale.add("")
            self._news.set()
            await asyncio.sleep(_LISTEN_AGAIN)

    def _note(self, event: Mapping[str, Any]) -> None:
        actor = event.get("Actor")
        key = actor.get("ID") if isinstance(actor, dict) else None
        of_container = event.get("Type") == "container" and isinstance(key, str)
        self._stale.add(str(key) if of_container else "")
        self._news.set()
