"""An engine that lies. The socket is a fake: no real engine misbehaves on demand."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from playground.runtime import engine
from playground.runtime.errors import HostileAnswer


@contextmanager
def liar(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[socket.socket], None]
) -> Iterator[None]:
    """This process's own "engine", reached as a sandbox's is but for where its root lies."""
    near, far = socket.socketpair()
    near.settimeout(5)
    monkeypatch.setattr(engine, "connect", lambda pid, seconds: near)

    def serve() -> None:
        try:
            far.recv(65536)
            answer(far)
        except OSError:
            pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        near.close()
        far.close()
        thread.join(5)


def _endless(far: socket.socket) -> None:
    far.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        far.sendall(b"[" * 65536)


def _headers(far: socket.socket) -> None:
    far.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        far.sendall(b"X: y\r\n" * 1000)


def _drip(far: socket.socket) -> None:
    far.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    wait = threading.Event()
    for _ in range(100):
        far.sendall(b" ")
        wait.wait(0.05)


@pytest.mark.parametrize(
    "answer",
    [
        _endless,
        _headers,
        _drip,
        lambda far: threading.Event().wait(3),
        lambda far: far.close(),
        lambda far: far.sendall(b"garbage\r\n\r\n"),
        lambda far: far.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b"[" * 100_000) or far.close(),
        lambda far: far.sendall(b"HTTP/1.0 200 OK\r\n\r\nnot json") or far.close(),
        lambda far: far.sendall(b"HTTP/1.0 500 No\r\n\r\n{}") or far.close(),
    ],
    ids=["endless", "headers", "drip", "silent", "closes", "garbage", "deep", "no-json", "500"],
)
def test_a_lying_engine_is_a_bounded_error(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[socket.socket], None]
) -> None:
    with liar(monkeypatch, answer), pytest.raises((HostileAnswer, OSError)):
        engine.get(0, "/images/json", seconds=1.0, limit=1 << 20)


def test_an_honest_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def honest(far: socket.socket) -> None:
        far.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"a": 1}')

    with liar(monkeypatch, honest):
        assert engine.get(0, "/x") == {"a": 1}


def test_a_link_in_place_of_the_socket_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trap = socket.socket(socket.AF_UNIX)
    trap.bind(str(tmp_path / "machine.sock"))
    trap.listen()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "docker.sock").symlink_to(tmp_path / "machine.sock")
    real = os.open
    monkeypatch.setattr(
        os, "open", lambda path, *rest: real(tmp_path if "/root" in str(path) else path, *rest)
    )
    with pytest.raises(OSError, match="openat2"):
        engine.connect(1)
    trap.close()
