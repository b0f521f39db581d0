"""How much one page, and one student's pages together, may ask of the web process."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

#: Websockets of one student: 16 terminals and two for the engine, in two windows.
MOST_SOCKETS = 40


class TokenBucket:
    """Lets ``rate`` things a second pass, and ``burst`` at once (RFC 2697's idea of a meter)."""

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._at = burst, clock()

    def take(self) -> bool:
        """Whether one more may pass now."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Sockets:
    """Counts the open websockets of each student in this process."""

    def __init__(self, most: int = MOST_SOCKETS) -> None:
        self.most = most
        self._open: Counter[str] = Counter()

    def enter(self, student: str) -> bool:
        """Count one more, unless there are as many as may be."""
        if self._open[student] >= self.most:
            return False
        self._open[student] += 1
        return True

    def leave(self, student: str) -> None:
        """Count one less."""
        self._open[student] -= 1
        if self._open[student] <= 0:
            del self._open[student]


SOCKETS = Sockets()
