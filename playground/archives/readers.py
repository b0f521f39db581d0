"""The processes that read students' archives (:mod:`playground.layers.reader`).

They are children of the web process, which has no rights that one could take over, and bound
themselves further. Each student has one at the most, and the machine a handful.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Any
from weakref import WeakValueDictionary

from playground.archives.models import ImageArchive
from playground.runtime.config import PROJECT_ROOT

log = logging.getLogger(__name__)

MOST_READERS = 3
MOST_AT_FIRST = 2
#: Seconds for one answer, for reading a whole archive, and of rest after which a reader ends.
_ANSWER_WITHIN, _READ_WITHIN, _IDLE = 60.0, 300.0, 20.0
_ROOM_WITHIN = 15.0
#: Bytes of one answer; see :mod:`playground.layers.questions`.
_MOST_ANSWER = 8 << 20
#: What a reader knows of this process's environment.
_PASSED = ("PATH", "LANG", "PYTHONDONTWRITEBYTECODE", "PLAYGROUND_SERVE")


async def start(archive: ImageArchive, *options: str) -> Process:
    """Start a process that reads an archive."""
    command = [sys.executable, "-m", "playground.layers.reader", *options]
    return await asyncio.create_subprocess_exec(
        *command, str(archive.file), str(archive.cache), stdin=PIPE, stdout=PIPE,
        limit=_MOST_ANSWER, cwd=PROJECT_ROOT,
        env={name: os.environ[name] for name in _PASSED if name in os.environ},
    )  # fmt: skip


async def stop(process: Process) -> None:
    """End a reader, wherever it is."""
    with suppress(ProcessLookupError):
        process.kill()
    await process.communicate()  # its pipes are closed then, too


class _Seat:
    """One student's reader, if it runs."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.archive = ""
        self.process: Process | None = None
        self.ending: asyncio.TimerHandle | None = None


class Readers:
    """Answers questions about archives, one at a time for each student."""

    def __init__(self, most: int = MOST_READERS, idle: float = _IDLE) -> None:
        self._most, self._idle = most, idle
        self._seats: dict[str, _Seat] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, archive: ImageArchive, question: str) -> str:
        """Answer a question in JSON with one in JSON, whatever becomes of the reader."""
        seat = self._seats.setdefault(archive.owner, _Seat())
        async with seat.lock:
            if seat.ending:
                seat.ending.cancel()
            try:
                return await asyncio.wait_for(
                    self._ask(seat, archive, question), _ANSWER_WITHIN + _ROOM_WITHIN
                )
            except (TimeoutError, asyncio.TimeoutError):
                await self._end(seat)
                return _refusal(question, "slow")
            except (OSError, ValueError):
                await self._end(seat)
                return _refusal(question, "large")
            except asyncio.CancelledError:
                await self._end(seat)  # its answer would be taken for the next question's
                raise
            finally:
                loop = asyncio.get_running_loop()
                seat.ending = loop.call_later(self._idle, self._leave, archive.owner, seat)

    async def close(self) -> None:
        """End all readers."""
        for owner, seat in list(self._seats.items()):
            if seat.ending:
                seat.ending.cancel()
            async with seat.lock:
                await self._end(seat)
            self._seats.pop(owner, None)
        await asyncio.gather(*self._tasks)

    async def _ask(self, seat: _Seat, archive: ImageArchive, question: str) -> str:
        if seat.process and (seat.archive != archive.id or seat.process.returncode is not None):
            await self._end(seat)
        if seat.process is None:
            if not await self._make_room():
                return _refusal(question, "busy")
            seat.process, seat.archive = await start(archive), archive.id
        assert seat.process.stdin and seat.process.stdout
        seat.process.stdin.write(question.replace("\n", " ").encode() + b"\n")
        await seat.process.stdin.drain()
        answer = await seat.process.stdout.readline()
        if not answer.endswith(b"\n"):
            raise OSError("the reader has ended")
        return answer.decode().rstrip("\n")

    async def _make_room(self) -> bool:
        """Wait until one more may run; one that rests goes for it."""
        deadline = asyncio.get_running_loop().time() + _ROOM_WITHIN
        while True:
            running = [seat for seat in self._seats.values() if seat.process]
            if len(running) < self._most:
                return True
            for seat in running:
                if not seat.lock.locked():
                    await self._end(seat)
                    break
            else:
                if asyncio.get_running_loop().time() > deadline:
                    return False
                await asyncio.sleep(0.2)

    async def _end(self, seat: _Seat) -> None:
        process, seat.process = seat.process, None
        if process:
            await stop(process)

    def _leave(self, owner: str, seat: _Seat) -> None:
        if not seat.lock.locked() and self._seats.get(owner) is seat:
            del self._seats[owner]
            task = asyncio.get_running_loop().create_task(self._end(seat))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


class Analyses:
    """Reads archives for the first time, in the background."""

    def __init__(self) -> None:
        self._room: asyncio.Semaphore | None = None
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        #: Layers that were read, and all there are, of archives that are being read.
        self.progress: dict[str, tuple[int, int]] = {}

    def begin(self, archive: ImageArchive) -> None:
        """Read an archive, unless it is being read."""
        if archive.id not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._read(archive))
            self._tasks[archive.id] = task
            task.add_done_callback(lambda _: self._forget(archive.id))

    def end(self, archive_id: str) -> None:
        """Stop reading one that nobody wants any more."""
        if task := self._tasks.get(archive_id):
            task.cancel()

    def _forget(self, archive_id: str) -> None:
        self._tasks.pop(archive_id, None)
        self.progress.pop(archive_id, None)

    async def _read(self, archive: ImageArchive) -> None:
        self._room = self._room or asyncio.Semaphore(MOST_AT_FIRST)
        error = "failed"
        # One of each student's: nobody waits for all that another has sent.
        turn = self._turns.get(archive.owner) or asyncio.Lock()
        self._turns[archive.owner] = turn
        async with turn, self._room:
            with suppress(TimeoutError, asyncio.TimeoutError):
                error = "slow"
                error = await asyncio.wait_for(self._follow(archive), _READ_WITHIN)
        state = ImageArchive.State.BROKEN if error else ImageArchive.State.READY
        await ImageArchive.objects.filter(id=archive.id).aupdate(state=state, error=error)

    async def _follow(self, archive: ImageArchive) -> str:
        """Follow a reader to its end; the word for what was wrong, if anything was."""
        read, everything, error = 0, -1, ""
        async with aclosing(_lines(archive)) as lines:
            async for said in lines:
                error = str(said.get("error", ""))[:32]
                if not error:
                    read, everything = int(said["read"]), int(said["of"])
                    self.progress[archive.id] = (read, everything)
        # One that was ended by its limits says nothing.
        return error or ("" if read == everything else "large")


async def _lines(archive: ImageArchive) -> AsyncGenerator[dict[str, Any], None]:
    process = await start(archive, "--all")
    try:
        assert process.stdout
        async for line in process.stdout:
            yield json.loads(line)
    finally:
        await stop(process)


def _refusal(question: str, word: str) -> str:
    number = None
    with suppress(ValueError, RecursionError, AttributeError):
        number = json.loads(question).get("id")
    return json.dumps({"id": number if isinstance(number, int) else None, "error": word})


READERS = Readers()
ANALYSES = Analyses()
