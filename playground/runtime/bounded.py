"""Running a command whose output is a stranger's: bounded in time and in what is kept of it."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO

#: Bytes of each stream that are taken, unless told; whoever prints more is ended.
MOST_OUTPUT = 16 << 20
_CHUNK = 1 << 16
#: Seconds that what was printed last may take to be read, once the command has ended.
_GRACE = 2.0
#: Seconds after which it is looked at whether the command has ended or has had its time.
_LOOK_EVERY = 0.1


class TooMuchOutput(Exception):
    """It printed more than is taken."""


def run(
    command: Sequence[str],
    *,
    stdin: bytes | int | None = None,
    seconds: float | None = None,
    most: int = MOST_OUTPUT,
    preexec_fn: Callable[[], None] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run it and return what it printed; ``stdin`` are bytes or a file descriptor.

    Raises ``subprocess.TimeoutExpired`` after so many seconds and ``TooMuchOutput``; the command is
    killed then. What it has started may hold its streams open: nobody waits for that.
    """
    given = subprocess.PIPE if isinstance(stdin, bytes) else (stdin or subprocess.DEVNULL)
    process = subprocess.Popen(
        command,
        bufsize=0,
        stdin=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=preexec_fn,
    )
    streams = [each for each in (process.stdin, process.stdout, process.stderr) if each]
    try:
        kept = _talk(process, stdin if isinstance(stdin, bytes) else b"", seconds, most)
        return subprocess.CompletedProcess(list(command), process.wait(), *kept)
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        for each in streams:
            with suppress(OSError):
                each.close()


def _talk(
    process: subprocess.Popen[bytes], given: bytes, seconds: float | None, most: int
) -> tuple[bytes, bytes]:
    """Write what is given and read both streams to their end, or to the command's."""
    assert process.stdout
    assert process.stderr
    kept = {process.stdout: bytearray(), process.stderr: bytearray()}
    left = memoryview(given)
    deadline = None if seconds is None else time.monotonic() + seconds
    ended: float | None = None
    with selectors.DefaultSelector() as selector:
        for stream in kept:
            selector.register(stream, selectors.EVENT_READ)
        if process.stdin:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        while any(stream in selector.get_map() for stream in kept):
            now = time.monotonic()
            if ended is None and process.poll() is not None:
                ended = now
            if ended is not None and now - ended > _GRACE:
                break  # a child of its own holds them open
            if ended is None and deadline is not None and now > deadline:
                raise subprocess.TimeoutExpired(process.args, seconds or 0)
            for key, _ in selector.select(_LOOK_EVERY):
                if key.fileobj is process.stdin:
                    left = _write(process.stdin, left)
                    if not left:
                        selector.unregister(process.stdin)
                        process.stdin.close()
                    continue
                chunk = os.read(key.fd, _CHUNK)
                taken = kept[key.fileobj]  # type: ignore[index]
                if not chunk:
                    selector.unregister(key.fileobj)
                elif len(taken) + len(chunk) > most:
                    raise TooMuchOutput
                taken.extend(chunk)
    process.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
    return bytes(kept[process.stdout]), bytes(kept[process.stderr])


def _write(stream: IO[bytes], left: memoryview) -> memoryview:
    """Write what goes in now; return the rest, nothing of it if nobody reads any more."""
    try:
        return left[os.write(stream.fileno(), left[:_CHUNK]) :]
    except BlockingIOError:
        return left
    except OSError:
        return left[:0]
