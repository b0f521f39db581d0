"""Tickets: what the web process shows the hub to be let in to one terminal of one sandbox."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer

#: Seconds for which a ticket can be used; it is used at once.
LIFETIME = 60
_SALT = "playground.hub.ticket"


class BadTicket(Exception):
    """A ticket that was not made here, or too long ago."""


@dataclass(frozen=True)
class Ticket:
    """Leave to do ``purpose`` (a path of the hub's gateway) with one sandbox."""

    sandbox: str
    purpose: str
    terminal: str = ""
    #: The name of somebody who only looks on; empty for the sandbox's own student.
    guest: str = ""
    #: Whether a guest is told of the sandbox's other terminals.
    sees_all: bool = False
    #: The port that a stream of ``playground.hub.ports`` leads to.
    port: int = 0
    #: The id of the request that it was made for, for the log.
    request_id: str = ""


def issue(key: str, ticket: Ticket) -> str:
    """Sign a ticket with the key that web and hub share."""
    return str(URLSafeTimedSerializer(key, salt=_SALT).dumps(asdict(ticket)))


def read(key: str, text: str) -> Ticket:
    """Check a ticket and read it; raises ``BadTicket``."""
    try:
        return Ticket(**URLSafeTimedSerializer(key, salt=_SALT).loads(text, max_age=LIFETIME))
    except (BadSignature, TypeError) as error:
        raise BadTicket(str(error)) from None
