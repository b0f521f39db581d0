"""What becomes of an upload whose process inside ends early, in the hub's own event loop."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop

from playground.hub.files import _Inside


@pytest.mark.parametrize("run", [uvloop.run, asyncio.run])
def test_a_process_that_ends_while_it_is_written_to_is_a_broken_pipe(run: Any) -> None:
    async def scenario() -> tuple[bytes, int]:
        # Stands for the sandbox: only the command matters here.
        sandbox: Any = SimpleNamespace(exec_command=lambda command, env: command)
        async with _Inside(sandbox, "echo full; exit 28") as inside:
            with pytest.raises((BrokenPipeError, ConnectionResetError)):
                await _write(inside)
            await inside.close_input()
            return await inside.rest()

    assert run(scenario()) == (b"full\n", 28)


async def _write(inside: _Inside) -> None:
    for _ in range(500):
        await inside.write(b"x" * 4096)
        await asyncio.sleep(0.01)
