"""What a program has switched the screen to, for a page that missed the switching.

Only the newest output is kept. A page that gets just that would not know of an ``ESC [ ? 1049 h``
from long ago that a full-screen program began with. So the private modes that are on (DECSET and
DECRST of xterm's ctlseqs) are followed and told at the end of such a replay.
"""

from __future__ import annotations

import re
from mmap import mmap

#: Cursor keys, wraparound, cursor visible, mouse, alternate screen, focus, bracketed paste.
_FOLLOWED = frozenset(
    (1, 7, 9, 25, 45, 47, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1047, 1048, 1049, 2004)
)
#: On when a terminal starts.
_DEFAULT = frozenset((7, 25))
_ALTERNATE = frozenset((47, 1047, 1049))

_SWITCH = re.compile(rb"\x1b\[\?([0-9;]{1,40})([hl])|\x1bc")
#: The longest beginning of a switch that may be cut off at the end of a piece.
_TAIL = 48
#: Bytes of memory that the modes take: how many, then two bytes each.
SIZE = 2 * (len(_FOLLOWED) + 1)


class Modes:
    """The modes of one terminal, in memory that outlives the hub."""

    def __init__(self, memory: mmap | bytearray, offset: int = 0) -> None:
        self._memory = memory
        self._offset = offset
        self._tail = b""

    @property
    def changed(self) -> set[int]:
        """Modes that are not as they are at the start."""
        count = self._memory[self._offset]
        first = self._offset + 2
        raw = bytes(self._memory[first : first + 2 * min(count, len(_FOLLOWED))])
        return {int.from_bytes(raw[n : n + 2], "big") for n in range(0, len(raw), 2)}

    @property
    def full_screen(self) -> bool:
        """Whether a program has the alternate screen."""
        return bool(self.changed & _ALTERNATE)

    def feed(self, data: bytes) -> None:
        """Follow output, cut anywhere."""
        if b"\x1b" not in data and not self._tail:
            return
        whole = self._tail + data
        end = 0
        changed = None
        for switch in _SWITCH.finditer(whole):
            end = switch.end()
            changed = self._switched(self.changed if changed is None else changed, switch)
        if changed is not None:
            self._store(changed)
        last = whole.rfind(b"\x1b", max(end, len(whole) - _TAIL))
        self._tail = whole[last:] if last >= 0 else b""

    def restore(self) -> bytes:
        """What brings a terminal in any state to these modes."""
        changed = self.changed
        on = sorted(mode for mode in _FOLLOWED if (mode in changed) != (mode in _DEFAULT))
        off = sorted(_FOLLOWED - set(on) - {1048})
        return b"".join(
            b"\x1b[?%d%b" % (mode, how)
            for modes, how in ((off, b"l"), (on, b"h"))
            for mode in modes
        )

    @staticmethod
    def _switched(changed: set[int], switch: re.Match[bytes]) -> set[int]:
        if switch[1] is None:  # RIS, the full reset
            return set()
        for word in switch[1].split(b";"):
            mode = int(word) if word else 0
            if mode in _FOLLOWED:
                if (switch[2] == b"h") != (mode in _DEFAULT):
                    changed.add(mode)
                else:
                    changed.discard(mode)
        return changed

    def _store(self, changed: set[int]) -> None:
        raw = b"".join(mode.to_bytes(2, "big") for mode in sorted(changed))
        first = self._offset + 2
        self._memory[first : first + len(raw)] = raw
        self._memory[self._offset] = len(changed)
