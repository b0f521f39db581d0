from __future__ import annotations

import pytest

from playground.hub import tickets
from playground.hub.tickets import Ticket

TICKET = Ticket(sandbox="s-1", purpose="terminal", terminal="main")


def test_reads_what_was_issued() -> None:
    assert tickets.read("key", tickets.issue("key", TICKET)) == TICKET


def test_refuses_another_key_a_changed_and_an_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    text = tickets.issue("key", TICKET)
    with pytest.raises(tickets.BadTicket):
        tickets.read("other", text)
    with pytest.raises(tickets.BadTicket):
        tickets.read("key", "x" + text)
    with pytest.raises(tickets.BadTicket):
        tickets.read("key", "")
    monkeypatch.setattr(tickets, "LIFETIME", -1)
    with pytest.raises(tickets.BadTicket):
        tickets.read("key", text)
