"""Where a request comes from."""

from __future__ import annotations

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's address, which the server has taken from a trusted proxy if there is one."""
    return str(request.META.get("REMOTE_ADDR", ""))
