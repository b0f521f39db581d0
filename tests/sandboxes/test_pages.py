"""Sockets of pages whose work fails: the page is told and closed, so that it comes back."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from playground.hub import protocol
from playground.sandboxes import claims, consumers, rates
from playground.sandboxes.consumers import EngineConsumer, SandboxConsumer
from playground.sandboxes.pages import CLOSE_GONE, CLOSE_TOO_MUCH
from tests.page_socket import Socket, open_socket, student_with_cookie

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _alone(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    monkeypatch.setattr(consumers, "node_status", lambda _: {"node_reason": ""})


def _fails(*_: object) -> None:
    raise OperationalError("attempt to write a readonly database")


async def _terminal() -> Socket:
    _, cookie = await sync_to_async(student_with_cookie)()
    return open_socket("/ws/terminal/main/", cookie)


async def test_a_failure_of_ours_is_said_and_the_page_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claims, "claim", _fails)
    socket = await _terminal()
    assert await socket.connect()
    said = (await socket.receive_output())["bytes"]
    assert said[:1] == protocol.STATUS
    assert json.loads(said[1:])["state"] == "failed"
    closed = await socket.receive_output()
    assert (closed["type"], closed["code"]) == ("websocket.close", CLOSE_GONE)
    await socket.disconnect()


async def test_one_too_many_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates.SOCKETS, "enter", lambda who: False)
    socket = await _terminal()
    assert await socket.connect()
    assert b"Too many open pages" in (await socket.receive_output())["bytes"]
    assert (await socket.receive_output())["code"] == CLOSE_TOO_MUCH
    assert await socket.receive_nothing()
    await socket.disconnect()


async def test_a_page_that_is_closed_is_told_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(self: SandboxConsumer, _: str) -> None:
        await self.end(CLOSE_GONE)
        await self.tell({"state": "late"})

    monkeypatch.setattr(SandboxConsumer, "_run", run)
    socket = await _terminal()
    assert await socket.connect()
    assert (await socket.receive_output())["type"] == "websocket.close"
    assert await socket.receive_nothing()
    await socket.disconnect()


async def test_a_student_is_noted_as_there_after_the_database_was_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    noted: list[str] = []
    monkeypatch.setattr(consumers, "_SEEN_EVERY", 0.01)

    def seen(sandbox: str) -> None:
        noted.append(sandbox)
        if len(noted) < 3:
            _fails()

    monkeypatch.setattr(claims, "seen", seen)
    page = EngineConsumer()
    monkeypatch.setattr(page, "remind", _nothing)
    row: Any = SimpleNamespace(id="s-1")
    attending = asyncio.create_task(page._attend(row))
    while len(noted) < 5:
        assert not attending.done()
        await asyncio.sleep(0.01)
    attending.cancel()


async def _nothing(_: object) -> None:
    return None
