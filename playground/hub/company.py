"""Who looks at a terminal: its student, and guests who may be let to type.

The student's newest page rules over size and pace. Guests look on; one that asks and is allowed may
type too, until that is taken back or the guest leaves. All see who is typing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

#: Seconds after the last key for which somebody is said to be typing.
TYPING = 1.5


class Member(Protocol):
    """A page that takes part."""

    @property
    def owner(self) -> bool: ...

    @property
    def name(self) -> str: ...


@dataclass
class _Seat:
    number: int
    allowed: bool = False
    asks: bool = False


class Company:
    """The members of one terminal. ``version`` grows with each change that pages should hear of."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.version = 0
        self._changed = changed
        self._seats: dict[Member, _Seat] = {}
        self._numbers = 0
        self._typing: Member | None = None
        self._typing_ends: asyncio.TimerHandle | None = None

    def enter(self, member: Member) -> None:
        """Let somebody in."""
        self._numbers += 1
        self._seats[member] = _Seat(self._numbers)
        if len(self._seats) > 1:
            self._change()

    def leave(self, member: Member) -> None:
        """Let somebody out; what they were allowed goes with them."""
        del self._seats[member]
        if self._typing is member:
            self._typing = None
        self._change()

    def number(self, member: Member) -> int:
        """What a member is called in the roster."""
        return self._seats[member].number

    def may_type(self, member: Member) -> bool:
        """Whether a member's keys reach the shell."""
        return member.owner or self._seats[member].allowed

    def ask(self, member: Member, wish: dict[str, Any]) -> None:
        """Take what a page says: a guest's ``{"ask"}``, the student's ``{"allow", "yes"}``.

        Anything else changes nothing.
        """
        before = self.roster()
        if not member.owner and isinstance(wish.get("ask"), bool):
            seat = self._seats[member]
            seat.asks = wish["ask"] and not seat.allowed
            seat.allowed = seat.allowed and wish["ask"]  # a guest may also give it back
        elif member.owner and isinstance(wish.get("yes"), bool):
            for other, seat in self._seats.items():
                if seat.number == wish.get("allow") and not other.owner:
                    seat.asks, seat.allowed = False, wish["yes"]
        if self.roster() != before:
            self._change()

    def typed(self, member: Member) -> None:
        """Note that a key came from a member."""
        if len(self._seats) < 2:
            return
        if self._typing_ends:
            self._typing_ends.cancel()
        self._typing_ends = asyncio.get_running_loop().call_later(TYPING, self._rested)
        if self._typing is not member:
            self._typing = member
            self._change()

    def resized(self) -> None:
        """Guests draw in the student's size."""
        if len(self._seats) > 1:
            self._change()

    def roster(self) -> list[dict[str, Any]]:
        """All members, as pages show them."""
        return [
            {
                "id": seat.number,
                "name": member.name,
                "owner": member.owner,
                "may_type": self.may_type(member),
                "asks": seat.asks,
                "typing": self._typing is member,
            }
            for member, seat in self._seats.items()
        ]

    def _rested(self) -> None:
        self._typing = self._typing_ends = None
        self._change()

    def _change(self) -> None:
        self.version += 1
        self._changed()
