"""The Docker Engine of a sandbox, spoken to from outside.

Everything that comes back is the student's to choose: they are root in there and may have put
anything in the socket's place. So the socket is opened without following links out of the sandbox,
an answer is bounded in bytes and in time, and what is not JSON of the expected kind is refused.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from pathlib import Path
from typing import Any

from playground.runtime import syscalls
from playground.runtime.errors import HostileAnswer, NotInEngine

#: What reading an answer of another shape than the engine's can raise, and what asking can.
BAD_SHAPE = (
    OSError,
    HostileAnswer,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
)
SOCKET_INSIDE = "run/docker.sock"
MAX_ANSWER_BYTES = 8 << 20
_CHUNK = 64 << 10


def connect(pid: int, seconds: float = 10.0) -> socket.socket:
    """Connect to the engine's socket of the sandbox whose first process is ``pid``.

    Raises ``OSError`` while there is none, also if a link stands in its place.
    """
    root = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = syscalls.open_beneath(root, SOCKET_INSIDE, os.O_PATH)
    finally:
        os.close(root)
    try:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(seconds)
        try:
            connection.connect(f"/proc/self/fd/{found}")
        except BaseException:
            connection.close()
            raise
        return connection
    finally:
        os.close(found)


class _Connection(http.client.HTTPConnection):
    def __init__(self, pid: int, seconds: float) -> None:
        super().__init__("docker", timeout=seconds)
        self._pid = pid
        self._seconds = seconds

    def connect(self) -> None:
        self.sock = connect(self._pid, self._seconds)


def get(pid: int, path: str, seconds: float = 10.0, limit: int = MAX_ANSWER_BYTES) -> Any:
    """``GET`` a JSON document from the engine.

    ``seconds`` bounds the whole exchange, ``limit`` the answer's bytes. Raises ``OSError`` if the
    engine cannot be reached and ``HostileAnswer`` if what it says is not to be used.
    """
    body = _exchange(pid, path, seconds, limit + 1)
    if len(body) > limit:
        raise HostileAnswer(f"The engine's answer to {path} is over {limit} bytes")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HostileAnswer(
            f"The engine's answer to {path} cannot be read: {error!r:.200}"
        ) from None


def get_raw(pid: int, path: str, seconds: float = 10.0, limit: int = MAX_ANSWER_BYTES) -> bytes:
    """The first ``limit`` bytes of what the engine answers to a ``GET``; raises as :func:`get`."""
    return _exchange(pid, path, seconds, limit)[:limit]


def _exchange(pid: int, path: str, seconds: float, enough: int) -> bytes:
    """Read the answer's body until it ends or has ``enough`` bytes."""
    deadline = time.monotonic() + seconds
    connection = _Connection(pid, seconds)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = bytearray()
        while len(body) < enough:
            left = deadline - time.monotonic()
            if left <= 0:
                raise HostileAnswer(f"The engine took more than {seconds:.0f} s to answer {path}")
            if connection.sock:
                connection.sock.settimeout(left)
            if not (chunk := answer.read1(_CHUNK)):
                break
            body += chunk
        if answer.status == http.client.NOT_FOUND:
            raise NotInEngine(f"The engine has no {path}")
        if answer.status != http.client.OK:
            raise HostileAnswer(f"The engine answered {path} with status {answer.status}")
        return bytes(body)
    except TimeoutError:
        raise HostileAnswer(f"The engine took more than {seconds:.0f} s to answer") from None
    except (http.client.HTTPException, ValueError) as error:
        raise HostileAnswer(
            f"The engine's answer to {path} cannot be read: {error!r:.200}"
        ) from None
    finally:
        connection.close()


def answers(pid: int) -> bool:
    """Whether the engine answers ``/_ping`` now."""
    try:
        with connect(pid, 2.0) as connection:
            connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            return connection.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


def await_engine(pid: int, seconds: float = 30.0) -> bool:
    """Wait until the engine answers; ``False`` if it does not in time or the sandbox is gone."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answers(pid):
            return True
        if not Path(f"/proc/{pid}").exists():
            return False
        time.sleep(0.005)
    return False
