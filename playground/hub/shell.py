"""Opening a shell in a sandbox: the sandbox's own pty, kept by its shim and lent to the hub.

``crun exec --tty`` alone would put a second pty and a copying process in between, which passes
``SIGWINCH`` on but not the new size, and blocks where the shell does not read. With a console
socket crun hands over the inner pty itself (OCI runtimes' ``--console-socket``).
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
from contextlib import suppress
from functools import partial

from ptyprocess import PtyProcess

from playground.hub.ring import new_memory
from playground.hub.shim_link import Kept, ShimLink
from playground.hub.terminal import RING_BYTES, Pty
from playground.runtime.disks import STAGE
from playground.runtime.errors import SandboxError
from playground.runtime.sandbox import Sandbox

#: What a student's login shell is.
SHELL = ("bash", "--login")
#: How long a shell may take to start, in seconds: a busy machine is slow, a dead sandbox silent.
_START_WITHIN = 20.0


async def open_shell(sandbox: Sandbox, link: ShimLink, name: str, columns: int, rows: int) -> Pty:
    """Start a login shell in a sandbox; raises ``SandboxError`` if none comes up."""
    STAGE.mkdir(mode=0o711, parents=True, exist_ok=True)
    path = STAGE / f"console-{secrets.token_hex(8)}"
    complaint, errors = os.pipe()
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            path.chmod(0o600)
            listener.listen(1)
            listener.setblocking(False)
            command = sandbox.exec_command(
                SHELL, tty=True, env={"TERM": "xterm-256color"}, console_socket=str(path)
            )
            pid = await link.spawn(name, command, errors)
            pty = -1
            try:
                pty = await _receive_pty(listener, link, name)
                memory = new_memory(RING_BYTES)
                await link.keep(name, pty, memory)
            except BaseException as error:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                if pty >= 0:
                    os.close(pty)
                if isinstance(error, SandboxError):
                    why = _read(complaint) or str(error)
                    raise SandboxError(f"No shell could be started: {why}") from None
                raise
    finally:
        path.unlink(missing_ok=True)
        os.close(errors)
        os.close(complaint)
    kept = take_over(link, Kept(name, pid, pty, memory))
    kept.process.setwinsize(rows, columns)
    return kept


def take_over(link: ShimLink, kept: Kept) -> Pty:
    """Use a terminal that the shim keeps."""
    process = PtyProcess(kept.pid, kept.pty)
    return Pty(process, partial(link.exit_code, kept.name), kept.memory)


async def _receive_pty(listener: socket.socket, link: ShimLink, name: str) -> int:
    """Take the pty's descriptor from the console socket, unless crun gives up first."""
    loop = asyncio.get_running_loop()
    ended = asyncio.create_task(link.exit_code(name))
    arrived = asyncio.create_task(loop.sock_accept(listener))
    try:
        await asyncio.wait(
            {ended, arrived}, timeout=_START_WITHIN, return_when=asyncio.FIRST_COMPLETED
        )
        if not arrived.done():
            late = f"it took more than {_START_WITHIN:.0f} s"
            raise SandboxError("it ended at once" if ended.done() else late)
        connection, _ = arrived.result()
        with connection:
            connection.settimeout(_START_WITHIN)
            _, descriptors, _, _ = await asyncio.to_thread(
                socket.recv_fds, connection, 4096, 1, socket.MSG_CMSG_CLOEXEC
            )
        if not descriptors:
            raise SandboxError("no terminal was handed over")
        return descriptors[0]
    finally:
        arrived.cancel()
        with suppress(asyncio.CancelledError, OSError):
            await arrived
        ended.cancel()


def _read(complaint: int) -> str:
    os.set_blocking(complaint, False)
    with suppress(BlockingIOError):
        return os.read(complaint, 1000).decode(errors="replace").strip()
    return ""
