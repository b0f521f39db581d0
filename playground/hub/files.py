"""Files into a sandbox and out of it, through a process inside with the rights of its root.

A connection at ``/files`` does one thing, named by ``op`` in its query:

========  ============================================================================
``put``   bytes come as binary messages, then the text ``end``; the answer names the file
``get``   the answer tells kind, name and size; bytes follow as binary messages
``look``  the answer tells kind, name and size, and of a folder what is in it
========  ============================================================================

Answers are JSON texts; one with ``error`` is the last. Whatever is inside is the student's own and
may lie: sizes are bounded by the disk's, every step by a time, and only files and folders are read.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from websockets.asyncio.server import ServerConnection

from playground.hub.scripts import GET, LOOK, PUT, SEPARATOR, Code
from playground.runtime.errors import SandboxError
from playground.runtime.private_mounts import leave_machine_mounts
from playground.runtime.sandbox import Sandbox

#: Bytes that travel at once.
PIECE = 48 << 10
#: Seconds without any progress before a transfer is given up.
IDLE = 30.0
MOST_ENTRIES = 500
_MOST_LISTED = 256 << 10
_MOST_TRANSFERS = 4
_MOST_PATH = 4096
#: A name may grow by " (99)" and must stay below what file systems take, 255 bytes.
_MOST_NAME = 200


class TransferError(Exception):
    """What stopped a transfer, as a code that the web process has a sentence for."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def safe_name(name: str) -> str:
    """The last part of a path as a file's name without control characters.

    Raises ``TransferError`` if nothing is left of it.
    """
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(c for c in last if c.isprintable() and not "\ud800" <= c <= "\udfff").strip()
    short = kept.encode()[:_MOST_NAME].decode(errors="ignore")
    if short in ("", ".", ".."):
        raise TransferError("name")
    return short


class Transfers:
    """All transfers of a node."""

    def __init__(self) -> None:
        self._running: dict[str, int] = {}

    async def serve(
        self,
        connection: ServerConnection,
        sandbox: Sandbox,
        folder: str,
        query: Mapping[str, str],
    ) -> None:
        """Do what one connection asks for, paths taken from ``folder`` on."""
        running = self._running.get(sandbox.id, 0)
        self._running[sandbox.id] = running + 1
        try:
            if running >= _MOST_TRANSFERS:
                raise TransferError("busy")
            await _serve(connection, sandbox, folder, query)
        except TransferError as error:
            await _tell(connection, {"error": error.code})
        except (TimeoutError, asyncio.TimeoutError):
            await _tell(connection, {"error": "slow"})
        finally:
            self._running[sandbox.id] -= 1
            if not self._running[sandbox.id]:
                del self._running[sandbox.id]


async def _serve(
    connection: ServerConnection, sandbox: Sandbox, folder: str, query: Mapping[str, str]
) -> None:
    path = query.get("path", ".")
    if "\0" in path or len(path.encode(errors="replace")) > _MOST_PATH:
        raise TransferError("missing")
    operation = query.get("op", "")
    most = sandbox.record.limits.disk_mb << 20
    if operation == "put":
        await _put(connection, sandbox, folder, query, most)
    elif operation == "get":
        await _get(connection, sandbox, folder, path, most)
    elif operation == "look":
        await _look(connection, sandbox, folder, path)
    else:
        raise TransferError("op")


async def _put(
    connection: ServerConnection,
    sandbox: Sandbox,
    folder: str,
    query: Mapping[str, str],
    most: int,
) -> None:
    name = safe_name(query.get("name", ""))
    size = int(query["size"]) if re.fullmatch(r"\d{1,15}", query.get("size", "")) else most + 1
    if size > most:
        raise TransferError("large")
    stem, dot, suffix = name.rpartition(".")
    if not stem:  # no dot, or only the first character: a hidden file's name has no suffix
        stem, dot, suffix = name, "", ""
    async with _Inside(sandbox, PUT, folder, stem, dot + suffix, str(size)) as inside:
        try:
            await _feed(connection, inside, size)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it ended early; its code says why
        finally:
            # Also when the page is gone: with too few bytes the file inside is removed again.
            await inside.close_input()
        said, code = await inside.rest()
    if code:
        raise TransferError(Code.name_of(code))
    lines = said.decode(errors="replace").splitlines()
    await _tell(connection, {"name": lines[-1][:300] if lines else name})


async def _feed(connection: ServerConnection, inside: _Inside, size: int) -> None:
    received = 0
    while True:
        message = await asyncio.wait_for(connection.recv(), IDLE)
        if isinstance(message, str):
            return
        received += len(message)
        await inside.write(message)  # also what is too much: the file is then not kept
        if received > size:
            raise TransferError("changed")


async def _get(
    connection: ServerConnection, sandbox: Sandbox, folder: str, path: str, most: int
) -> None:
    async with _Inside(sandbox, GET, folder, path) as inside:
        facts = _facts(await inside.header())
        is_file = facts["kind"] == "file"
        if facts["size"] > most:
            raise TransferError("large")
        # A folder's archive has headers and padding beside the files.
        bound = facts["size"] if is_file else 2 * most
        await _tell(connection, facts)
        left = bound
        while left > 0 and (piece := await inside.read(min(PIECE, left))):
            left -= len(piece)
            await asyncio.wait_for(connection.send(piece), IDLE)
        complete = left == 0 if is_file else left > 0
    await _tell(connection, {"end": True} if complete else {"error": "changed"})


async def _look(connection: ServerConnection, sandbox: Sandbox, folder: str, path: str) -> None:
    async with _Inside(sandbox, LOOK, folder, path) as inside:
        facts = _facts(await inside.header())
        listed, _ = await inside.rest(_MOST_LISTED)
    entries = []
    for line in listed.split(b"\0")[:-1][:MOST_ENTRIES]:
        kind, _, rest = line.partition(b"\t")
        size, _, name = rest.partition(b"\t")
        if kind in (b"f", b"d") and size.isdigit() and len(size) < 20:
            shown = name.decode(errors="replace")
            entries.append({"folder": kind == b"d", "size": int(size), "name": shown[:300]})
    entries.sort(key=lambda entry: (not entry["folder"], str(entry["name"]).lower()))
    await _tell(connection, {**facts, "entries": entries})


def _facts(line: str) -> dict[str, Any]:
    """Read what a script says first: kind, size and path; raises ``TransferError``."""
    kind, size, path = [*line.split(SEPARATOR, 2), "", ""][:3]
    if kind not in ("file", "folder") or not re.fullmatch(r"\d{1,15}", size):
        raise TransferError("kind")
    name = path.rstrip("/").rpartition("/")[2]
    with suppress(TransferError):
        name = safe_name(name)
    return {"kind": kind, "size": int(size), "path": path[:_MOST_PATH], "name": name or "root"}


class _Inside:
    """A script inside a sandbox; leaving closes both its pipes, which ends whatever it runs."""

    def __init__(self, sandbox: Sandbox, script: str, *arguments: str) -> None:
        self._command = sandbox.exec_command(
            ["sh", "-c", script, "sh", *arguments], env={"LC_ALL": "C.UTF-8"}
        )

    async def __aenter__(self) -> _Inside:
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                preexec_fn=leave_machine_mounts,
                limit=PIECE,
            )
        except OSError as error:
            raise SandboxError(f"No process could be started: {error}") from None
        assert self._process.stdin and self._process.stdout
        self._input, self._output = self._process.stdin, self._process.stdout
        return self

    async def __aexit__(self, *_: object) -> None:
        self._input.close()
        # asyncio has no other way to close its end of a pipe that is read.
        self._output._transport.close()  # type: ignore[attr-defined]
        with suppress(ProcessLookupError):
            self._process.kill()  # crun, that is: what runs inside gets no input and no reader
        await self._process.wait()

    async def write(self, data: bytes) -> None:
        # uvloop has a RuntimeError for a pipe whose reader has gone, asyncio none at all.
        if self._input.is_closing():
            raise BrokenPipeError
        self._input.write(data)
        await asyncio.wait_for(self._input.drain(), IDLE)

    async def close_input(self) -> None:
        self._input.close()
        with suppress(OSError):
            await asyncio.wait_for(self._input.wait_closed(), IDLE)

    async def read(self, most: int) -> bytes:
        return await asyncio.wait_for(self._output.read(most), IDLE)

    async def header(self) -> str:
        """The first line; raises ``TransferError`` with the script's code if there is none."""
        try:
            line = await asyncio.wait_for(self._output.readuntil(b"\n"), IDLE)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            _, code = await self.rest()
            raise TransferError(Code.name_of(code or Code.KIND)) from None
        return line.decode(errors="replace").rstrip("\n")

    async def rest(self, most: int = 4096) -> tuple[bytes, int]:
        """What else it puts out, up to a bound, and its exit code."""
        said = b""
        while len(said) < most and (piece := await self.read(most - len(said))):
            said += piece
        if len(said) >= most:
            return said, 0
        return said, await asyncio.wait_for(self._process.wait(), IDLE)


async def _tell(connection: ServerConnection, document: Mapping[str, object]) -> None:
    await connection.send(json.dumps(document))
