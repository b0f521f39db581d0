"""Does on a host what a lesson's blocks say: lines, keys and files, as a student would."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from playground.hub.preparing import put_file
from playground.hub.protocol import MAX_INPUT_FRAME
from playground.hub.typist import Typist
from playground.runtime.sandbox import Sandbox

#: Characters of all actions as JSON: a frame of the gateway's has room for them, and a little more.
MOST = 2 * MAX_INPUT_FRAME - 1024
#: Seconds that a program is let alone before keys are pressed.
_BEFORE_KEYS = 5.0


@dataclass(frozen=True)
class Action:
    """One block: ``kind`` is ``run``, ``keys`` or ``file``; only a file has a name, its path."""

    kind: str
    name: str
    text: str


async def act(sandbox: Sandbox, typist: Typist, action: Action, following: str = "") -> None:
    """Do one thing; ``following`` is the next one's kind. Raises ``SandboxError``."""
    if action.kind == "file":
        await asyncio.to_thread(put_file, sandbox, action.name, action.text)
    elif action.kind == "keys":
        await typist.press(action.text)
    elif following == "keys":
        await typist.type(action.text, _BEFORE_KEYS)  # what is left by keys may never be quiet
    else:
        await typist.type(action.text)


async def act_all(
    sandbox: Sandbox,
    typist: Typist,
    actions: Sequence[Action],
    tell: Callable[[int], Awaitable[None]],
) -> None:
    """Do one after the other, telling how many are done; raises ``SandboxError``."""
    kinds = [*(each.kind for each in actions), ""]
    for number, action in enumerate(actions, 1):
        await act(sandbox, typist, action, kinds[number])
        await tell(number)
