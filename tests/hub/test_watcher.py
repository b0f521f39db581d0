"""When a lesson's checks are looked at: the engine's events come from here, the rest is real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from playground.checks.spec import Check
from playground.checks.verdict import Verdict
from playground.hub import watcher as module
from playground.hub.watcher import Watcher
from playground.runtime.sandbox import Sandbox
from tests.checks.engine import WEB, Engine, answers


@dataclass
class _Group:
    frozen: bool = False

    def is_frozen(self) -> bool:
        return self.frozen


@dataclass
class Scene:
    """A watcher with what stands around it."""

    watcher: Watcher
    engine: Engine
    group: _Group
    events: asyncio.Queue[dict[str, Any] | None]
    told: list[tuple[str, Verdict]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def hears(self, number: int) -> tuple[str, Verdict]:
        """The verdict of that number, once it was told."""

        async def there() -> None:
            while len(self.told) < number:
                self.news.clear()
                await self.news.wait()

        await asyncio.wait_for(there(), 10)
        return self.told[number - 1]

    async def looks(self, number: int) -> None:
        """Wait until the engine was asked so often for its list."""
        while self.count("/containers/json") < number:
            await asyncio.sleep(0.01)

    def count(self, path: str) -> int:
        """How often the engine was asked."""
        return sum(each.partition("?")[0] == path for each in self.engine.asked)


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


@asynccontextmanager
async def _watching(
    executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    engine = Engine(answers())
    group = _Group()
    engine.group = group  # type: ignore[attr-defined]
    events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    async def stream(_: Sandbox) -> AsyncIterator[dict[str, Any]]:
        while (event := await events.get()) is not None:
            yield event

    async def tell(name: str, verdict: Verdict) -> None:
        scene.told.append((name, verdict))
        scene.news.set()

    monkeypatch.setattr(module, "events", stream)
    monkeypatch.setattr(module, "_LISTEN_AGAIN", 0.01)
    scene = Scene(Watcher(cast(Sandbox, engine), executor, tell), engine, group, events)
    running = asyncio.create_task(scene.watcher.run())
    try:
        yield scene
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


_START = {"Type": "container", "Action": "start", "Actor": {"ID": WEB}}
_RUNS = Check.model_validate({"container": {"name": "web", "running": True}})


def _stop(scene: Scene) -> None:
    state = {"Status": "exited", "Running": False, "ExitCode": 0, "Paused": False}
    scene.engine.said["/containers/json"] = [{"Id": WEB, "State": "exited"}]
    scene.engine.said[f"/containers/{WEB}/json"]["State"] = state


def _run(scene: Scene) -> None:
    fresh = answers()
    scene.engine.said.update({path: fresh[path] for path in fresh if path.startswith("/cont")})


async def test_an_event_has_checks_looked_at(
    executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _watching(executor, monkeypatch) as scene:
        _stop(scene)
        scene.watcher.watch({"runs": _RUNS})
        name, verdict = await scene.hears(1)
        assert (name, verdict.ok, verdict.near) == ("runs", False, True)
        before = scene.count("/containers/json")
        await asyncio.sleep(0.1)
        assert scene.count("/containers/json") == before  # each change gives an event: no clock
        scene.events.put_nowait(_START)
        await scene.looks(before + 1)
        await asyncio.sleep(0.05)
        assert len(scene.told) == 1  # what was told is not told again
        _run(scene)
        scene.events.put_nowait(_START)
        assert (await scene.hears(2))[1].ok


async def test_only_what_changed_is_inspected_again(
    executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _watching(executor, monkeypatch) as scene:
        scene.watcher.watch({"gone": Check.model_validate({"container": {"name": "other"}})})
        await scene.hears(1)
        looks, inspected = scene.count("/containers/json"), scene.count(f"/containers/{WEB}/json")
        other = {"Type": "container", "Action": "die", "Actor": {"ID": "d" * 64}}
        scene.events.put_nowait(other)
        await scene.looks(looks + 1)
        await asyncio.sleep(0.05)
        assert scene.count(f"/containers/{WEB}/json") == inspected
        scene.events.put_nowait({"Type": "network", "Action": "connect", "Actor": {"ID": "n"}})
        await scene.looks(looks + 2)
        await asyncio.sleep(0.05)
        assert scene.count(f"/containers/{WEB}/json") == inspected + 1


@pytest.mark.parametrize("event", [{}, {"Actor": 3}, {"Type": "container", "Actor": {"ID": []}}])
async def test_any_event_will_do(
    executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, event: dict[str, Any]
) -> None:
    async with _watching(executor, monkeypatch) as scene:
        _stop(scene)
        scene.watcher.watch({"runs": _RUNS})
        await scene.hears(1)
        _run(scene)
        scene.events.put_nowait(event)
        assert (await scene.hears(2))[1].ok


async def test_an_engine_that_ended_is_listened_to_again(
    executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _watching(executor, monkeypatch) as scene:
        _stop(scene)
        scene.watcher.watch({"runs": _RUNS})
        await scene.hears(1)
        scene.events.put_nowait(None)
        await asyncio.sleep(0.05)
        _run(scene)
        scene.events.put_nowait(_START)
        assert (await scene.hears(2))[1].ok


async def test_lines_begin_and_come_back(
    executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Check.model_validate({"command": {"docker": "ps", "exit_code": 0}})
    async with _watching(executor, monkeypatch) as scene:
        scene.watcher.watch({"typed": wanted})
        assert (await scene.hears(1))[1].missing[0].code == "not-typed"
        scene.watcher.typed("docker ps", None)
        assert (await scene.hears(2))[1].missing[0].code == "still-runs"
        scene.watcher.typed("docker ps", 0)
        assert (await scene.hears(3))[1].ok
        # Another step: what was typed before counts no more.
        scene.watcher.watch({"typed": wanted})
        assert (await scene.hears(4))[1].missing[0].code == "not-typed"
        for number in range(100):
            scene.watcher.typed(f"echo {number}", 0)
        assert len(scene.watcher._lines) == 50


async def test_a_check_that_held_is_looked_at_no_more(
    executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _watching(executor, monkeypatch) as scene:
        scene.watcher.watch({"runs": _RUNS})
        assert (await scene.hears(1))[1].ok
        scene.watcher.done("runs")
        scene.watcher.done("never heard of")
        before = len(scene.engine.asked)
        scene.events.put_nowait(_START)
        await asyncio.sleep(0.1)
        assert len(scene.engine.asked) == before


async def test_the_clock_is_quick_soon_after_news_unless_a_script_is_to_run(
    executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _watching(executor, monkeypatch) as scene:
        watcher = scene.watcher
        assert watcher._clock() is None
        watcher.watch({"log": Check.model_validate({"container": {"name": "web", "logs": "x"}})})
        await scene.hears(1)
        assert watcher._clock() == module._QUICK_CLOCK
        watcher._last_news -= module._SOON
        assert watcher._clock() == module._CLOCK
        watcher.watch({"both": Check.model_validate({"script": {"run": "false"}})})
        watcher._last_news = asyncio.get_running_loop().time()
        assert watcher._clock() == module._CLOCK


async def test_a_slow_engine_is_let_alone(
    executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []

    async def look() -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + 0.05
        while loop.time() < end:
            await asyncio.sleep(0.01)

    async with _watching(executor, monkeypatch) as scene:
        monkeypatch.setattr(scene.watcher, "_look", look)
        monkeypatch.setattr(module, "_CREDIT", 0.1)
        scene.watcher._credit = 0.1
        for _ in range(6):
            scene.events.put_nowait({})
            await asyncio.sleep(0.1)
            rests.append(scene.watcher._credit)
        # Two looks are free, and from then on each is paid for by resting.
        assert min(rests) < 0.02
        assert max(rests) <= 0.1


async def test_a_frozen_host_is_not_woken(
    executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _watching(executor, monkeypatch) as scene:
        scene.group.frozen = True
        scene.watcher.watch({"runs": _RUNS})
        await asyncio.sleep(0.1)
        assert (scene.engine.asked, scene.told) == ([], [])
        scene.group.frozen = False
        scene.events.put_nowait(_START)
        assert (await scene.hears(1))[1].ok
