"""The log of what instructors and administrators did."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from playground.accounts.addresses import client_address
from playground.accounts.models import AuditEntry, User

_TARGET = 200


def record(request: HttpRequest, action: str, target: str = "", **detail: Any) -> None:
    """Note what the signed-in person of a request did; ``detail`` must fit JSON."""
    user = request.user if isinstance(request.user, User) else None
    note(user, action, target, address=client_address(request), **detail)


def note(
    user: User | None, action: str, target: str = "", *, address: str = "", **detail: Any
) -> None:
    """Note what somebody did where there is no request, as on the command line (``None``)."""
    AuditEntry.objects.create(
        actor=user,
        name=user.get_username() if user else "command line",
        action=action,
        target=target[:_TARGET],
        address=address,
        detail=detail,
    )
