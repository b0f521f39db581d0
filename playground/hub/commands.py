"""A command in a sandbox without a terminal, bounded in time and output; for the API.

A connection at ``/exec`` sends one JSON text, ``{"command": [...], "stdin": "…", "seconds": 20}``,
and gets one: ``exit_code`` (``null`` if it had to be ended), ``stdout``, ``stderr``, ``cut``
(whether there was more output than is kept), ``timed_out`` and ``seconds``; or ``error``, a word.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import ServerConnection

from playground.runtime.private_mounts import leave_machine_mounts
from playground.runtime.sandbox import Sandbox

#: Seconds that a command may take.
MOST_SECONDS = 60
#: Bytes that are kept of each of its two outputs. As JSON both fit a frame of the gateway's.
MOST_OUTPUT = 256 << 10
#: Commands of one sandbox at a time.
_AT_ONCE = 2
#: Seconds that outputs may stay open behind a command that has ended: something in the background
#: has them.
_GRACE = 0.3
#: Seconds that a command gets to end once it was told to, before the hub lets go of it.
_LET_GO_AFTER = 3.0
_PIECE = 64 << 10


@dataclass(frozen=True)
class Request:
    """What is to be run."""

    command: list[str]
    stdin: bytes
    seconds: int


def read(message: str | bytes) -> Request:
    """Check what the web process sent; raises ``ValueError``."""
    document = json.loads(message)
    if not isinstance(document, dict):
        raise ValueError("no object")
    command, seconds = document.get("command"), document.get("seconds")
    stdin = document.get("stdin", "")
    if not isinstance(command, list) or not command or not isinstance(stdin, str):
        raise ValueError("no command")
    if not all(isinstance(word, str) and "\0" not in word for word in command):
        raise ValueError("not a word of a command")
    if not isinstance(seconds, int) or not 1 <= seconds <= MOST_SECONDS:
        raise ValueError("no such time")
    "".join(command).encode()  # a lone surrogate is no text; UnicodeEncodeError is a ValueError
    return Request(command, stdin.encode(), seconds)


class Commands:
    """All such commands of a node."""

    def __init__(self) -> None:
        self._running: dict[str, int] = {}

    async def serve(self, connection: ServerConnection, sandbox: Sandbox) -> None:
        """Run one command; it is ended if whoever asked leaves."""
        try:
            request = read(await asyncio.wait_for(connection.recv(), 10))
        except (ValueError, RecursionError, TimeoutError, asyncio.TimeoutError):
            await connection.send(json.dumps({"error": "request"}))
            return
        running = self._running.get(sandbox.id, 0)
        if running >= _AT_ONCE:
            await connection.send(json.dumps({"error": "busy"}))
            return
        self._running[sandbox.id] = running + 1
        work = asyncio.ensure_future(run(sandbox, request))
        gone = asyncio.ensure_future(connection.wait_closed())
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await connection.send(json.dumps(work.result()))
        except OSError:
            await connection.send(json.dumps({"error": "failed"}))
        finally:
            for task in (work, gone):
                task.cancel()
                with suppress(asyncio.CancelledError, OSError):
                    await task
            self._running[sandbox.id] -= 1
            if not self._running[sandbox.id]:
                del self._running[sandbox.id]


async def run(sandbox: Sandbox, request: Request) -> dict[str, Any]:
    """Run a command until it or its time ends; raises ``OSError`` if none can be started."""
    # The sandbox's own `timeout` ends what runs inside: a killed crun would leave it running.
    inside = ["timeout", "-k", "1", str(request.seconds), *request.command]
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *sandbox.exec_command(inside, env={"LC_ALL": "C.UTF-8"}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=leave_machine_mounts,
    )
    assert process.stdin and process.stdout and process.stderr
    outputs = (_Output(process.stdout), _Output(process.stderr))
    tasks = [asyncio.ensure_future(each.drain()) for each in outputs]
    tasks.append(asyncio.ensure_future(_feed(process.stdin, request.stdin)))
    try:
        with suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), request.seconds + _LET_GO_AFTER)
        code = process.returncode
        await asyncio.wait(tasks[:2], timeout=_GRACE)
    finally:
        for task in tasks:
            task.cancel()
        for each in outputs:
            each.close()
        process.stdin.close()
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()  # crun passes it on to `timeout`, which ends the command
            with suppress(TimeoutError, asyncio.TimeoutError):
                await asyncio.wait_for(process.wait(), _LET_GO_AFTER)
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    seconds = time.monotonic() - began
    late = code is None or (seconds >= request.seconds and code in (124, 137))
    return {
        "exit_code": None if late else code,
        "stdout": outputs[0].text(),
        "stderr": outputs[1].text(),
        "cut": any(each.cut for each in outputs),
        "timed_out": late,
        "seconds": round(seconds, 3),
    }


async def _feed(pipe: asyncio.StreamWriter, data: bytes) -> None:
    with suppress(OSError):
        pipe.write(data)
        await pipe.drain()
        pipe.close()


class _Output:
    """One of a command's outputs: its first bytes are kept, the rest is read and forgotten."""

    def __init__(self, pipe: asyncio.StreamReader) -> None:
        self._pipe = pipe
        self._kept = bytearray()
        self.cut = False

    async def drain(self) -> None:
        while piece := await self._pipe.read(_PIECE):
            room = MOST_OUTPUT - len(self._kept)
            self._kept += piece[:room]
            self.cut = self.cut or len(piece) > room

    def text(self) -> str:
        return self._kept.decode(errors="replace")

    def close(self) -> None:
        # asyncio has no other way to close its end of a pipe that is read.
        self._pipe._transport.close()  # type: ignore[attr-defined]
