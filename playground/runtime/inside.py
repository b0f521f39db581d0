"""Files and ports inside a sandbox, reached from outside without running anything in there."""

from __future__ import annotations

import os
import socket
import stat
import threading

from playground.runtime import syscalls


def read_file(pid: int, path: str, limit: int) -> bytes | None:
    """Up to ``limit`` bytes of a regular file below the root of process ``pid``.

    ``None`` if there is none, also where a link leads to it; ``b""`` for what is no regular file.
    """
    try:
        found = _open(pid, path, os.O_PATH)
    except OSError:
        return None
    try:
        # Looked at before it is opened: to open a device or a pipe may do something.
        if not stat.S_ISREG(os.fstat(found).st_mode):
            return b""
        descriptor = os.open(f"/proc/self/fd/{found}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    finally:
        os.close(found)
    try:
        pieces: list[bytes] = []
        while limit > 0 and (piece := os.read(descriptor, limit)):
            pieces.append(piece)
            limit -= len(piece)
        return b"".join(pieces)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def exists(pid: int, path: str) -> bool:
    """Whether there is something at a path below the root of process ``pid``.

    Links on the way are followed as in there: a layer of the catalogue is a link in a sandbox.
    """
    try:
        root = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.close(syscalls.open_in_root(root, path, os.O_PATH | os.O_NOFOLLOW))
    except OSError:
        return False
    finally:
        os.close(root)
    return True


def changed(pid: int, path: str) -> int:
    """When something at a path was last changed, in ns since 1970; 0 where there is nothing."""
    try:
        found = _open(pid, path, os.O_PATH | os.O_NOFOLLOW)
    except OSError:
        return 0
    try:
        return os.fstat(found).st_mtime_ns
    finally:
        os.close(found)


def size(pid: int, path: str) -> int | None:
    """How many bytes a regular file has now; ``None`` where there is none."""
    try:
        found = _open(pid, path, os.O_PATH | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        looked = os.fstat(found)
        return looked.st_size if stat.S_ISREG(looked.st_mode) else None
    finally:
        os.close(found)


def names(pid: int, path: str, most: int) -> list[str]:
    """Up to ``most`` names in a folder, none where there is no folder."""
    try:
        found = _open(pid, path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return []
    try:
        with os.scandir(found) as entries:
            return [entry.name for entry, _ in zip(entries, range(most), strict=False)]
    except OSError:
        return []
    finally:
        os.close(found)


def open_socket(pid: int) -> socket.socket:
    """A TCP socket that belongs to the network namespace of process ``pid``.

    A socket stays in the namespace it was made in, whoever uses it. The thread that goes there
    ends at once. Raises ``OSError``.
    """
    made: list[socket.socket | OSError] = []

    def body() -> None:
        try:
            namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            try:
                syscalls.setns(namespace, syscalls.CLONE_NEWNET)
            finally:
                os.close(namespace)
            made.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        except OSError as error:
            made.append(error)

    thread = threading.Thread(target=body, name="inside")
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


def connect(pid: int, port: int, seconds: float, host: str = "127.0.0.1") -> socket.socket:
    """Connect to a port of a sandbox's own loopback; raises ``OSError``."""
    connection = open_socket(pid)
    try:
        connection.settimeout(seconds)
        connection.connect((host, port))
    except BaseException:
        connection.close()
        raise
    return connection


def _open(pid: int, path: str, flags: int) -> int:
    root = os.open(f"/proc/{pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return syscalls.open_beneath(root, path, flags)
    finally:
        os.close(root)
