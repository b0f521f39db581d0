from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from playground.hub import company
from playground.hub.company import Company


@dataclass(eq=False)
class Page:
    name: str = ""

    @property
    def owner(self) -> bool:
        return not self.name


def _together(*pages: Page) -> tuple[Company, list[int]]:
    changes: list[int] = []
    them = Company(lambda: changes.append(1))
    for page in pages:
        them.enter(page)
    return them, changes


def _of(them: Company, page: Page) -> dict[str, object]:
    return next(seat for seat in them.roster() if seat["id"] == them.number(page))


def test_a_lone_student_hears_of_nobody() -> None:
    _, changes = _together(Page())
    assert changes == []


def test_a_guest_types_once_the_student_allows_it_and_no_longer() -> None:
    student, guest, other = Page(), Page("Gil"), Page("Ho")
    them, _ = _together(student, guest, other)
    assert them.may_type(student)
    assert not them.may_type(guest)
    them.ask(guest, {"ask": True})
    assert _of(them, guest)["asks"]
    them.ask(student, {"allow": them.number(guest), "yes": True})
    assert them.may_type(guest)
    assert not _of(them, guest)["asks"]
    assert not them.may_type(other)
    them.ask(student, {"allow": them.number(guest), "yes": False})
    assert not them.may_type(guest)


def test_a_guest_allows_nothing_and_a_student_asks_nothing() -> None:
    student, guest = Page(), Page("Gil")
    them, changes = _together(student, guest)
    before = len(changes)
    them.ask(guest, {"allow": them.number(guest), "yes": True})
    them.ask(student, {"ask": True})
    for wish in ({}, {"allow": 1}, {"allow": [], "yes": True}, {"ask": "yes"}, {"yes": True}):
        them.ask(student, wish)
        them.ask(guest, wish)
    assert not them.may_type(guest)
    assert [c for c in changes[before:] if c] == []


def test_what_was_allowed_goes_with_the_guest_and_can_be_given_back() -> None:
    student, guest = Page(), Page("Gil")
    them, _ = _together(student, guest)
    them.ask(student, {"allow": them.number(guest), "yes": True})
    them.ask(guest, {"ask": False})
    assert not them.may_type(guest)
    them.ask(student, {"allow": them.number(guest), "yes": True})
    number = them.number(guest)
    them.leave(guest)
    them.enter(guest)
    assert them.number(guest) != number
    assert not them.may_type(guest)


async def test_all_see_who_types_and_that_they_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(company, "TYPING", 0.05)
    student, guest = Page(), Page("Gil")
    them, changes = _together(student, guest)
    before = len(changes)
    for _ in range(10):
        them.typed(student)
    assert _of(them, student)["typing"]
    assert len(changes) == before + 1
    await asyncio.sleep(0.1)
    assert not any(seat["typing"] for seat in them.roster())
