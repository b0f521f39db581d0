"""Ports and scripts: a real server answers, a real shell runs, only not in a sandbox."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from lessons.sentences import sentence
from playground.checks import places
from playground.checks.spec import Http, Script
from playground.checks.verdict import HOLDS, Verdict
from playground.runtime import inside
from tests.checks.engine import EngineFacts


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        text = b"Hello from here"
        self.send_response(404 if self.path == "/none" else 200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    def connect(pid: int, port: int, seconds: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), seconds)

    monkeypatch.setattr(inside, "connect", connect)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def _facts() -> EngineFacts:
    facts = EngineFacts({})
    facts.engine.pid = 1  # type: ignore[attr-defined]
    return facts


def _ask(**wanted: Any) -> Verdict:
    return places.http_answer(Http.model_validate(wanted), _facts())


def test_a_page_that_answers(port: int) -> None:
    assert _ask(port=port, contains="from here") == HOLDS
    assert _ask(port=port, path="/none", status=404) == HOLDS


def test_a_page_that_answers_otherwise(port: int) -> None:
    lacks = _ask(port=port, contains="Goodbye")
    assert (lacks.near, lacks.missing[0].code) == (True, "http-lacks")
    status = _ask(port=port, path="/none")
    assert (status.near, status.missing[0].code) == (True, "http-status")
    assert status.missing[0].params == {"port": str(port), "have": "404", "wanted": "200"}


def test_what_answers_is_no_web_server(port: int) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        refused = silent.getsockname()[1]
        nothing = _ask(port=refused)
        assert (nothing.near, nothing.missing[0].code) == (False, "no-answer")
    with socket.create_server(("127.0.0.1", 0)) as other:

        def talk() -> None:
            there, _ = other.accept()
            with there:
                there.recv(100)
                there.sendall(b"SSH-2.0-nothing\r\n")

        Thread(target=talk, daemon=True).start()
        strange = _ask(port=other.getsockname()[1])
        assert (strange.near, strange.missing[0].code) == (True, "no-http")


def _run(script: str, **says: str) -> Verdict:
    facts = _facts()
    facts.engine.exec_command = lambda command, env: command  # type: ignore[attr-defined]
    return places.script(Script(run=script, says=says), facts)


def test_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run("test -d /") == HOLDS
    failed = _run("exit 3", en="It is not so.")
    assert failed.near
    assert sentence("script", failed.missing[0].params) == "It is not so."
    assert not _run("exit 3").near  # it has nothing to say
    monkeypatch.setattr(places, "_SCRIPT_WITHIN", 0.1)
    slow = _run("sleep 60")
    assert (slow.near, slow.missing[0].code) == (False, "script-slow")
