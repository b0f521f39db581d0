"""Types into a host's terminal as a student would, and waits as one would."""

from __future__ import annotations

import asyncio
import re
import termios
from collections.abc import Callable

from playground.hub.shell import open_shell
from playground.hub.shim_link import ShimLink, start
from playground.hub.terminal import Terminal
from playground.runtime.sandbox import Sandbox

#: Seconds without output after which a program that has the keyboard waits for it, and after which
#: one that has not is taken for one that stays.
_WAITS, _STAYS = 0.6, 4.0
_AT_MOST = 120.0
_LOOK = 0.05
_KEEP = 20_000

_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f]"
)
#: Its terminal's name at the shim.
NAME = "typist"
_KEYS = {"Enter": "\r", "Esc": "\x1b", "Tab": "\t", "Up": "\x1b[A", "Down": "\x1b[B"}


class Typist:
    """One terminal on a sandbox; a viewer that keeps what it saw."""

    owner, name = True, NAME

    def __init__(self, terminal: Terminal, link: ShimLink, *, owns_link: bool) -> None:
        self.terminal = terminal
        self._link, self._owns_link = link, owns_link
        self.acknowledged = 0
        self._seen = bytearray()
        self._last = asyncio.get_running_loop().time()
        terminal.attach(self)

    def wake(self) -> None:
        """Read on."""
        ring = self.terminal.ring
        while self.acknowledged < ring.end:
            position = max(self.acknowledged, ring.start)
            piece = ring.read(position, 64 << 10)
            self.acknowledged = position + len(piece)
            self._seen += piece
            self._last = asyncio.get_running_loop().time()
        del self._seen[:-_KEEP]
        self.terminal.settle_pace()

    @property
    def screen(self) -> str:
        """The last lines that were put out, as plain text."""
        plain = _CONTROL.sub("", self._seen.decode(errors="replace").replace("\r", ""))
        return "\n".join(plain.splitlines()[-15:])

    async def type(self, text: str, at_most: float = _AT_MOST) -> None:
        """Type lines and wait until they are done with, or wait for the keyboard."""
        self.terminal.put((text.strip("\n").replace("\n", "\r") + "\r").encode())
        await self.settle(at_most)

    async def press(self, keys: str) -> None:
        """Press keys by their names: ``Ctrl-P Ctrl-Q``."""
        for key in keys.split():
            code = chr(ord(key[5]) - 64) if key.startswith("Ctrl-") else _KEYS[key]
            self.terminal.put(code.encode())
            await asyncio.sleep(0.2)
        await self.settle()

    async def settle(self, at_most: float = _AT_MOST) -> None:
        """Wait until the prompt is back or a program waits for keys; ``at_most`` seconds."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        await asyncio.sleep(2 * _LOOK)
        while loop.time() - started < at_most:
            quiet = loop.time() - max(self._last, started)
            if not self.terminal.foreground():
                if quiet >= 2 * _LOOK:
                    return
            elif quiet >= (_WAITS if self._has_keyboard() else _STAYS):
                return
            await asyncio.sleep(_LOOK)

    async def close(self) -> None:
        """End the shell."""
        await self._link.drop(self.terminal.name)
        self.terminal.close()
        if self._owns_link:
            self._link.close()

    def _has_keyboard(self) -> bool:
        """Whether a program takes keys one by one, as ``docker run -it`` does."""
        return not termios.tcgetattr(self.terminal.fd)[3] & termios.ICANON


async def sit_down(sandbox: Sandbox, heard: Callable[[str, int | None], None]) -> Typist:
    """Open a terminal; ``heard`` is called with each line typed at the prompt and its exit code."""
    return await _seated(sandbox, await start(sandbox), heard, owns_link=True)


async def sit_beside(sandbox: Sandbox, link: ShimLink) -> Typist:
    """Open one more terminal on a host whose shim somebody else holds; nobody hears its lines."""
    return await _seated(sandbox, link, None, owns_link=False)


async def _seated(
    sandbox: Sandbox,
    link: ShimLink,
    heard: Callable[[str, int | None], None] | None,
    *,
    owns_link: bool,
) -> Typist:
    terminal = Terminal(NAME, await open_shell(sandbox, link, NAME, 120, 40))
    terminal.typed.listener = heard
    typist = Typist(terminal, link, owns_link=owns_link)
    await typist.settle()
    return typist
