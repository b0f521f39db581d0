"""The hub's side of a sandbox's terminal shim: starting it, and asking it things."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.hub import shim
from playground.runtime.errors import SandboxError
from playground.runtime.private_mounts import leave_machine_mounts
from playground.runtime.sandbox import Sandbox

#: How long a shim may take to start, in seconds.
_START_WITHIN = 20.0

#: The exit code of a shell whose shim was killed: nobody knows it.
CODE_UNKNOWN = -1


@dataclass(frozen=True)
class Kept:
    """A terminal that the shim has kept; both descriptors are the caller's now."""

    name: str
    pid: int
    pty: int
    memory: int


class ShimLink:
    """A connection to one sandbox's shim. Lives on the hub's event loop."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._loop = asyncio.get_running_loop()
        self._lock = asyncio.Lock()
        self._answers: deque[asyncio.Future[tuple[dict[str, Any], list[int]]]] = deque()
        self._codes: dict[str, asyncio.Future[int]] = {}
        self.closed = False
        self._loop.add_reader(connection, self._receive)

    async def spawn(self, name: str, argv: Sequence[str], errors: int) -> int:
        """Start a command; what it says to its error output goes to ``errors``.

        Returns its process id; raises ``SandboxError``.
        """
        self._codes.pop(name, None)
        answer, _ = await self._ask({"op": "spawn", "name": name, "argv": list(argv)}, [errors])
        return int(answer["pid"])

    async def keep(self, name: str, pty: int, memory: int) -> None:
        """Have the shim hold a terminal too; raises ``SandboxError``."""
        await self._ask({"op": "keep", "name": name}, [pty, memory])

    async def kept(self) -> list[Kept]:
        """All terminals that it holds; raises ``SandboxError``."""
        answer, lent = await self._ask({"op": "list"})
        found = []
        for place, each in enumerate(answer["terminals"]):
            found.append(Kept(each["name"], each["pid"], *lent[2 * place : 2 * place + 2]))
            if each["code"] is not None:
                self._ended(each["name"], each["code"])
        return found

    async def drop(self, name: str) -> None:
        """Have it let go of a terminal. Without a hub that holds it too, its shell hangs up."""
        with suppress(SandboxError):  # a shim that is gone holds nothing either
            await self._ask({"op": "drop", "name": name})

    async def exit_code(self, name: str) -> int:
        """Wait for a command's exit code."""
        return await asyncio.shield(self._code(name))

    def close(self) -> None:
        """Let the shim alone; it goes on."""
        if self.closed:
            return
        self.closed = True
        self._loop.remove_reader(self._socket)
        self._socket.close()
        for answer in self._answers:
            if not answer.done():
                answer.set_exception(SandboxError("The host's terminals are gone"))
        for code in self._codes.values():
            if not code.done():
                code.set_result(CODE_UNKNOWN)

    def _code(self, name: str) -> asyncio.Future[int]:
        if name not in self._codes:
            self._codes[name] = self._loop.create_future()
            if self.closed:
                self._codes[name].set_result(CODE_UNKNOWN)
        return self._codes[name]

    def _ended(self, name: str, code: int) -> None:
        if not self._code(name).done():
            self._code(name).set_result(code)

    async def _ask(
        self, document: dict[str, Any], lent: Sequence[int] = ()
    ) -> tuple[dict[str, Any], list[int]]:
        if self.closed:
            raise SandboxError("The host's terminals are gone")
        future: asyncio.Future[tuple[dict[str, Any], list[int]]] = self._loop.create_future()
        self._answers.append(future)
        try:
            # Packets of a few hundred bytes, each answered: the socket's buffer never fills.
            socket.send_fds(self._socket, [json.dumps(document).encode()], lent)
        except OSError as error:
            self.close()
            raise SandboxError(f"The host's terminals cannot be reached: {error}") from None
        try:
            answer, descriptors = await asyncio.wait_for(asyncio.shield(future), _START_WITHIN)
        except (TimeoutError, asyncio.TimeoutError):
            self.close()  # a late answer would be taken for the next question's
            raise SandboxError("The host's terminals do not answer") from None
        if "error" in answer:
            raise SandboxError(answer["error"])
        return answer, descriptors

    def _receive(self) -> None:
        try:
            message, descriptors, _, _ = socket.recv_fds(
                self._socket, shim.MAX_MESSAGE, shim.MAX_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC
            )
        except BlockingIOError:
            return
        except OSError:
            message, descriptors = b"", []
        if not message:
            self.close()
            return
        document = json.loads(message)
        if "exited" in document:
            self._ended(document["exited"], document["code"])
        elif self._answers:
            self._answers.popleft().set_result((document, descriptors))


async def connect(sandbox: Sandbox) -> ShimLink | None:
    """Connect to a sandbox's shim; ``None`` if it has none (any more)."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        directory = os.open(sandbox.directory, os.O_PATH | os.O_DIRECTORY)
        try:
            connection.connect(f"/proc/self/fd/{directory}/{_socket_name(sandbox)}")
        finally:
            os.close(directory)
    except OSError:
        connection.close()
        return None
    connection.setblocking(False)
    return ShimLink(connection)


async def start(sandbox: Sandbox) -> ShimLink:
    """Start a sandbox's shim and connect to it; raises ``SandboxError``."""
    (sandbox.directory / _socket_name(sandbox)).unlink(missing_ok=True)
    try:
        process = await asyncio.to_thread(_run_shim, sandbox)
    except subprocess.TimeoutExpired:
        raise SandboxError("The host's terminals did not start in time") from None
    link = await connect(sandbox) if process.returncode == 0 else None
    if link is None:
        why = process.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise SandboxError(f"The host's terminals could not be started: {why}")
    return link


def _run_shim(sandbox: Sandbox) -> subprocess.CompletedProcess[bytes]:
    """Wait until the shim is in the background.

    In a thread: uvloop's own way to start a process took the whole time limit here, as the shim
    that lives on is not the process that was started.
    """
    return subprocess.run(
        [
            sys.executable, "-I", "-S", str(Path(shim.__file__)),
            str(sandbox.directory), str(sandbox.pid),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # Of no site's processes: what ends those, by their environment or group, leaves it alone.
        env={"PATH": os.environ.get("PATH", os.defpath)},
        start_new_session=True,
        preexec_fn=leave_machine_mounts,
        timeout=_START_WITHIN,
        check=False,
    )  # fmt: skip


def _socket_name(sandbox: Sandbox) -> str:
    # A sandbox that comes back after a reboot has another first process, and another shim.
    return f"shim-{sandbox.pid}.sock"
