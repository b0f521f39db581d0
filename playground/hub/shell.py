"""Opening a shell in a sandbox: the sandbox's own pty, held by the hub.

``crun exec --tty`` alone would put a second pty and a copying process in between, which passes
``SIGWINCH`` on but not the new size, and blocks where the shell does not read. With a console
socket crun hands over the inner pty itself (OCI runtimes' ``--console-socket``).
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import subprocess
from contextlib import suppress

from ptyprocess import PtyProcess

from playground.hub.terminal import Pty
from playground.runtime.disks import STAGE
from playground.runtime.errors import SandboxError
from playground.runtime.private_mounts import leave_machine_mounts
from playground.runtime.sandbox import Sandbox

#: What a student's login shell is.
SHELL = ("bash", "--login")
#: How long a shell may take to start, in seconds: a busy machine is slow, a dead sandbox silent.
_START_WITHIN = 20.0


async def open_shell(sandbox: Sandbox, columns: int, rows: int) -> Pty:
    """Start a login shell in a sandbox; raises ``SandboxError`` if none comes up."""
    STAGE.mkdir(mode=0o711, parents=True, exist_ok=True)
    path = STAGE / f"console-{secrets.token_hex(8)}"
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(1)
        listener.setblocking(False)
        process = subprocess.Popen(
            sandbox.exec_command(
                SHELL, tty=True, env={"TERM": "xterm-256color"}, console_socket=str(path)
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=leave_machine_mounts,
        )
        try:
            master = await _receive_pty(listener, process)
        except BaseException:
            process.kill()
            await asyncio.to_thread(process.communicate)
            raise
    finally:
        listener.close()
        path.unlink(missing_ok=True)
    assert process.stderr
    process.stderr.close()
    pty = PtyProcess(process.pid, master)
    pty.setwinsize(rows, columns)
    return Pty(pty, process.wait)


async def _receive_pty(listener: socket.socket, process: subprocess.Popen[bytes]) -> int:
    """Take the pty's descriptor from the console socket, unless crun gives up first."""
    loop = asyncio.get_running_loop()
    ended = asyncio.create_task(_until_ended(process))
    arrived = asyncio.create_task(loop.sock_accept(listener))
    try:
        await asyncio.wait(
            {ended, arrived}, timeout=_START_WITHIN, return_when=asyncio.FIRST_COMPLETED
        )
        if not arrived.done():
            raise SandboxError(f"No shell could be started: {_complaint(process)}")
        connection, _ = arrived.result()
        with connection:
            connection.settimeout(_START_WITHIN)
            _, descriptors, _, _ = await asyncio.to_thread(socket.recv_fds, connection, 4096, 1)
        if not descriptors:
            raise SandboxError("No shell could be started: no terminal was handed over")
        return descriptors[0]
    finally:
        arrived.cancel()
        with suppress(asyncio.CancelledError, OSError):
            await arrived
        ended.cancel()


async def _until_ended(process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        await asyncio.sleep(0.05)


def _complaint(process: subprocess.Popen[bytes]) -> str:
    if process.poll() is None or not process.stderr:
        return f"it took more than {_START_WITHIN:.0f} s"
    return process.stderr.read(1000).decode(errors="replace").strip() or "crun ended"
