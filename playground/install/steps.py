"""Steps of the set-up, shown as they go: what, how far, how long."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

#: Without a terminal, a line at most this often, in seconds.
_HEARTBEAT = 5.0


class Steps:
    """Prints numbered steps. On a terminal the newest line of a long one replaces the last."""

    def __init__(self, total: int, out: TextIO = sys.stdout) -> None:
        self.total = total
        self.number = 0
        self.out = out
        self.live = out.isatty()
        self._last = 0.0
        self._started = 0.0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show a step that has something to do, and how long it took."""
        self.number += 1
        self._started = self._last = time.monotonic()
        self._print(f"[{self.number}/{self.total}] {name}")
        yield
        self._clear()
        self._print(f"      ✓ {name} ({time.monotonic() - self._started:.1f} s)")

    def already(self, name: str) -> None:
        """Show a step that was done in an earlier run."""
        self.number += 1
        self._print(f"[{self.number}/{self.total}] {name}: there already")

    def progress(self, text: str) -> None:
        """Show what a long step is doing now."""
        now = time.monotonic()
        line = f"      {now - self._started:5.0f} s  {_printable(text)}"
        if self.live:
            width = shutil.get_terminal_size().columns
            self.out.write(f"\r\x1b[K{line[: width - 1]}")
            self.out.flush()
        elif now - self._last >= _HEARTBEAT:
            self._last = now
            self._print(line[:160])

    def _clear(self) -> None:
        if self.live:
            self.out.write("\r\x1b[K")

    def _print(self, line: str) -> None:
        self.out.write(f"{line}\n")
        self.out.flush()


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())
