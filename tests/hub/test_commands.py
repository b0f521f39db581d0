"""Commands without a terminal, in a real sandbox."""

from __future__ import annotations

import asyncio

import pytest

from playground.hub import commands
from playground.hub.commands import Request
from tests.support import Host


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[]",
        "{}",
        '{"command": [], "seconds": 1}',
        '{"command": "ls", "seconds": 1}',
        '{"command": ["a\\u0000b"], "seconds": 1}',
        '{"command": ["\\ud800"], "seconds": 1}',
        '{"command": ["ls"], "seconds": 61}',
        '{"command": ["ls"], "seconds": "1"}',
        '{"command": ["ls"], "seconds": 1, "stdin": 5}',
    ],
)
def test_what_is_no_command(message: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them is a refusal
        commands.read(message)


async def _left(host: Host, line: str) -> str:
    found = await commands.run(host.sandbox, Request(["pgrep", "-fx", line], b"", 5))
    return str(found["stdout"])


@pytest.mark.sandbox
async def test_a_command_ends_with_whoever_asked(host: Host) -> None:
    work = asyncio.ensure_future(commands.run(host.sandbox, Request(["sleep", "4245"], b"", 60)))
    for _ in range(100):
        if await _left(host, "sleep 4245"):
            break
        await asyncio.sleep(0.05)
    else:
        raise AssertionError("it never began")
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert await _left(host, "sleep 4245") == ""


@pytest.mark.sandbox
async def test_a_command_that_will_not_end_is_ended(host: Host) -> None:
    stubborn = ["env", "--ignore-signal=TERM", "sleep", "4246"]
    found = await commands.run(host.sandbox, Request(stubborn, b"", 1))
    assert found["timed_out"] and found["exit_code"] is None
    assert await _left(host, "sleep 4246") == ""
