"""Plays lessons: types their commands on a real host and sees that each check notices.

A check must fail before the commands that belong to it, and hold after them.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from lessons.blocks import Block
from lessons.library import Lesson, Step
from lessons.scenes import Scene, action_of, scenes
from playground.checks.verdict import Verdict
from playground.hub.acting import act
from playground.hub.preparing import prepare
from playground.hub.typist import Typist, sit_down
from playground.hub.watcher import Watcher
from playground.runtime.errors import SandboxError
from playground.runtime.node import Node
from playground.runtime.sandbox import Sandbox

#: Seconds in which a check must notice, once its commands are typed: a build may take its time.
_NOTICES_WITHIN = 30.0
#: Seconds that a check which must fail is looked at before.
_LOOK_BEFORE = 0.3


@dataclass
class Played:
    """How it went."""

    slug: str
    checks: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every check failed before and held after."""
        return not self.problems


#: Hears of a step's checks as they are looked at: the step, the check, ``before`` or ``after`` its
#: commands, and whether it was as it must be.
Listener = Callable[[str, str, str, bool], Awaitable[None]]


async def play(
    lesson: Lesson,
    node: Node,
    tell: Listener | None = None,
    made: Callable[[Sandbox], Awaitable[None]] | None = None,
) -> Played:
    """Play one lesson in a sandbox of its own; raises ``SandboxError`` if there can be none.

    ``made`` is told of the sandbox before anything happens in it.
    """
    started = time.monotonic()
    played = Played(lesson.slug)
    sandbox = await asyncio.to_thread(node.create, f"play-{secrets.token_hex(4)}")
    try:
        if made:
            await made(sandbox)
        if lesson.setup:
            await asyncio.to_thread(prepare, sandbox, lesson.slug, lesson.setup)
        with ThreadPoolExecutor(2, "checks") as executor:
            await _Play(lesson, sandbox, executor, played, tell).run()
    finally:
        await asyncio.to_thread(sandbox.remove)
        played.seconds = time.monotonic() - started
    return played


def play_all(
    lessons: Sequence[Lesson], node: Node, jobs: int, report: Callable[[Played], None]
) -> None:
    """Play lessons, some at once; each is reported when it is done."""

    async def work() -> None:
        room = asyncio.Semaphore(jobs)

        async def one(lesson: Lesson) -> None:
            async with room:
                try:
                    report(await play(lesson, node))
                except SandboxError as error:
                    report(Played(lesson.slug, problems=[f"{lesson.folder}: {error}"]))

        await asyncio.gather(*map(one, lessons))

    asyncio.run(work())


class _Play:
    """One lesson being played."""

    def __init__(
        self,
        lesson: Lesson,
        sandbox: Sandbox,
        executor: ThreadPoolExecutor,
        played: Played,
        tell: Listener | None = None,
    ) -> None:
        self._lesson = lesson
        self._tell_it = tell
        self._sandbox = sandbox
        self._played = played
        self._verdicts: dict[str, Verdict] = {}
        self._changed = asyncio.Event()
        self._watcher = Watcher(sandbox, executor, self._hear)

    async def run(self) -> None:
        watching = asyncio.create_task(self._watcher.run())
        typist = await sit_down(self._sandbox, self._watcher.typed)
        try:
            for step in self._lesson.steps:
                for scene in scenes(step):
                    await self._scene(step, scene, typist)
        finally:
            watching.cancel()
            await typist.close()

    async def _hear(self, name: str, verdict: Verdict) -> None:
        self._verdicts[name] = verdict
        self._changed.set()

    async def _scene(self, step: Step, scene: Scene, typist: Typist) -> None:
        names = [block.name for block in scene.checks]
        path = self._lesson.folder / f"{step.name}.en.md"
        await self._before(names, scene, path)
        await self._tell(step, names, "before", lambda ok: not ok)
        for block, after in zip(scene.actions, [*scene.actions[1:], None], strict=True):
            await act(self._sandbox, typist, action_of(block), after.kind if after else "")
        if not await self._hold(names):
            for block in scene.checks:
                verdict = self._verdicts.get(block.name)
                if verdict is None or not verdict.ok:
                    self._complain(path, block, _lacks(verdict), typist.screen)
        await self._tell(step, names, "after", lambda ok: ok)
        self._played.checks += len(names)

    async def _tell(
        self, step: Step, names: Iterable[str], when: str, is_right: Callable[[bool], bool]
    ) -> None:
        for name in names:
            verdict = self._verdicts.get(name)
            if self._tell_it:
                looked = verdict is not None
                right = looked and is_right(bool(verdict and verdict.ok))
                await self._tell_it(step.name, name, when, right)

    async def _before(self, names: Iterable[str], scene: Scene, path: Path) -> None:
        wanted = {name: self._lesson.checks[name] for name in names}
        self._verdicts.clear()
        self._watcher.watch(wanted)
        if not wanted:
            return
        await self._until(lambda: len(self._verdicts) == len(wanted))
        await asyncio.sleep(_LOOK_BEFORE)
        for block in scene.checks:
            verdict = self._verdicts.get(block.name)
            if verdict and verdict.ok:
                self._complain(path, block, "it holds before its commands")

    async def _hold(self, names: list[str]) -> bool:
        def all_hold() -> bool:
            return all((each := self._verdicts.get(name)) and each.ok for name in names)

        return await self._until(all_hold)

    async def _until(self, wanted: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + _NOTICES_WITHIN
        while not wanted():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), min(left, 1.0))
            except (TimeoutError, asyncio.TimeoutError):
                continue
        return True

    def _complain(self, path: Path, block: Block, why: str, screen: str = "") -> None:
        shown = "".join(f"\n    | {line}" for line in screen.splitlines())
        self._played.problems.append(f"{path}:{block.line}: check {block.name}: {why}{shown}")


def _lacks(verdict: Verdict | None) -> str:
    if verdict is None:
        return "it was never looked at"
    said = "; ".join(
        f"{each.code} {' '.join(f'{k}={v}' for k, v in each.params.items())}"
        for each in verdict.missing
    )
    return f"it does not hold after its commands: {said}"
