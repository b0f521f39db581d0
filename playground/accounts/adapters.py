"""How allauth is bent to this site."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from playground.accounts.addresses import client_address


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up can be closed, and the client's address is the one that the server found."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether strangers may make themselves an account (``PLAYGROUND_SIGNUP``)."""
        return bool(settings.SIGNUP_OPEN)

    def get_client_ip(self, request: HttpRequest) -> Any:
        """For the rate limits."""
        return client_address(request) or "unknown"
