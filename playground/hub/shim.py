"""The terminal shim: it keeps the ptys of one sandbox, whatever becomes of the hub.

What ``containerd-shim`` is to a container: a small process of its own between a sandbox's shells
and the hub. It starts the shells' commands, holds their ptys and the memory with their last
output, collects their exit codes, and does nothing else; the hub borrows the descriptors and does
all reading and writing. A hub that was killed comes back and finds every shell with its running
program. While no hub reads, output waits in the pty and the program waits with it: nothing is lost.

Run as ``python -I -S shim.py FOLDER INIT_PID``: only the standard library, as there is one for
each sandbox. It returns once ``FOLDER/shim-INIT_PID.sock`` is there to connect to and goes on in
the background until the sandbox's first process ends.

Messages are JSON, one a packet, with descriptors beside them:

==========================================  ====================================================
``{"op": "spawn", "name", "argv"}`` + one    start a command whose errors go to the descriptor;
                                             answers ``{"pid"}``
``{"op": "keep", "name"}`` + two             hold its pty and its memory; answers ``{}``
``{"op": "list"}``                           answers ``{"terminals": [{"name", "pid", "code"}]}``
                                             + two descriptors each
``{"op": "drop", "name"}``                   forget one; answers ``{}``
(unasked) ``{"exited", "code"}``             a command of that name ended
==========================================  ====================================================

What it cannot do is answered with ``{"error"}``.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys

#: A message with 16 terminals' names, and their descriptors.
MAX_MESSAGE, MAX_DESCRIPTORS = 64 << 10, 64
#: How long shells that end with their sandbox may take, in milliseconds.
_LAST_WORDS_MS = 3000


class Kept:
    """A command with its pty and memory."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None
        self.descriptors: list[int] = []


class Shim:
    """One loop over the hub's connections, the shells and the sandbox's first process."""

    def __init__(self, listener: socket.socket, init: int) -> None:
        self.listener = listener
        self.init = init
        self.kept: dict[str, Kept] = {}
        self.children: dict[int, str] = {}
        self.connections: dict[int, socket.socket] = {}
        self.poll = select.poll()
        self.poll.register(listener, select.POLLIN)
        self.poll.register(init, select.POLLIN)

    def run(self) -> None:
        """Serve until the sandbox is gone and its shells with it."""
        while True:
            for descriptor, _ in self.poll.poll():
                if descriptor == self.init:
                    self._finish()
                    return
                self._handle(descriptor)

    def _finish(self) -> None:
        self.poll.unregister(self.init)
        while self.children:
            ready = self.poll.poll(_LAST_WORDS_MS)
            if not ready:
                return
            for descriptor, _ in ready:
                self._handle(descriptor)

    def _handle(self, descriptor: int) -> None:
        if descriptor == self.listener.fileno():
            connection, _ = self.listener.accept()
            connection.setblocking(False)
            self.connections[connection.fileno()] = connection
            self.poll.register(connection, select.POLLIN)
        elif descriptor in self.children:
            self._reap(descriptor)
        elif descriptor in self.connections:
            self._answer(self.connections[descriptor])

    def _reap(self, pidfd: int) -> None:
        name = self.children.pop(pidfd)
        self.poll.unregister(pidfd)
        os.close(pidfd)
        kept = self.kept[name]
        kept.code = os.waitstatus_to_exitcode(os.waitpid(kept.pid, 0)[1])
        for connection in list(self.connections.values()):
            self._send(connection, {"exited": name, "code": kept.code})
        if not kept.descriptors:  # it never came to have a terminal
            del self.kept[name]

    def _answer(self, connection: socket.socket) -> None:
        try:
            message, descriptors, _, _ = socket.recv_fds(
                connection, MAX_MESSAGE, MAX_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC
            )
        except OSError:
            message, descriptors = b"", []
        if not message:
            self._forget(connection)
            return
        verbs = {"spawn": self._spawn, "keep": self._keep, "list": self._list, "drop": self._drop}
        try:
            request = json.loads(message)
            answer, lent = verbs[request["op"]](request, descriptors)
        except (OSError, KeyError, TypeError, ValueError) as error:
            answer, lent = {"error": str(error)}, []
            for descriptor in descriptors:
                os.close(descriptor)
        self._send(connection, answer, lent)

    def _spawn(self, request: dict, descriptors: list[int]) -> tuple[dict, list[int]]:  # type: ignore[type-arg]
        name, argv = request["name"], request["argv"]
        if name in self.kept:
            raise ValueError(f"there is a terminal {name} already")
        (errors,) = descriptors
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        pid = os.posix_spawnp(
            argv[0],
            argv,
            os.environ,
            # What this process ignores, or was started with ignored, is a student's to use.
            setsigdef=[signal.SIGINT, signal.SIGHUP, signal.SIGQUIT],
            file_actions=[(os.POSIX_SPAWN_DUP2, source, target)
                          for source, target in ((null, 0), (null, 1), (errors, 2))],
        )  # fmt: skip
        os.close(null)
        os.close(errors)
        self.kept[name] = Kept(pid)
        pidfd = os.pidfd_open(pid)
        self.children[pidfd] = name
        self.poll.register(pidfd, select.POLLIN)
        return {"pid": pid}, []

    def _keep(self, request: dict, descriptors: list[int]) -> tuple[dict, list[int]]:  # type: ignore[type-arg]
        pty, memory = descriptors
        self.kept[request["name"]].descriptors = [pty, memory]
        return {}, []

    def _list(self, _: dict, __: list[int]) -> tuple[dict, list[int]]:  # type: ignore[type-arg]
        whole = {name: kept for name, kept in self.kept.items() if kept.descriptors}
        lent = [descriptor for kept in whole.values() for descriptor in kept.descriptors]
        terminals = [{"name": n, "pid": kept.pid, "code": kept.code} for n, kept in whole.items()]
        return {"terminals": terminals}, lent

    def _drop(self, request: dict, _: list[int]) -> tuple[dict, list[int]]:  # type: ignore[type-arg]
        kept = self.kept[request["name"]]
        while kept.descriptors:
            os.close(kept.descriptors.pop())
        if kept.code is not None:
            del self.kept[request["name"]]
        return {}, []

    def _send(self, connection: socket.socket, document: dict, lent: list[int] = ()) -> None:  # type: ignore[type-arg,assignment]
        try:
            socket.send_fds(connection, [json.dumps(document).encode()], lent)
        except OSError:  # a hub that does not read is as good as gone, and will ask again
            self._forget(connection)

    def _forget(self, connection: socket.socket) -> None:
        if self.connections.pop(connection.fileno(), None):
            self.poll.unregister(connection)
            connection.close()


def main(folder: str, init_pid: int) -> None:
    """Listen, let the caller go, and keep."""
    init = os.pidfd_open(init_pid)
    directory = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    os.umask(0o077)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # Through the descriptor: the path itself may be longer than a socket's address can be.
    listener.bind(f"/proc/self/fd/{directory}/shim-{init_pid}.sock")
    listener.listen(8)
    if os.fork():
        os._exit(0)
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 2)  # whoever waits for the caller's error output must not wait for this one
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    Shim(listener, init).run()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
