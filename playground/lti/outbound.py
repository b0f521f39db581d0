"""Requests to platforms: where they may go, how long they may take, how much may come back."""

from __future__ import annotations

import ipaddress
import re
import socket
import time
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

import requests
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

#: Seconds to connect, and between two pieces of an answer.
_PATIENCE = (5, 10)
#: Seconds for all of an answer.
_LONGEST = 30
#: Bytes of an answer.
_MOST = 1 << 20
#: Host and port alone; some go into the content security policy, where a ``;`` would end a rule.
_PLACE = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_PLAIN = re.compile(r"[!#-&(-;=?-\[\]_a-z~]+")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Refused(requests.RequestException):
    """A request that was not made, or an answer that was not read."""


def check_url(url: str) -> None:
    """Raise ``ValidationError`` unless it is an https address, or an http one of this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _port = parts.port
    except ValueError:
        host = None
    if not host or parts.fragment or not (_PLACE.fullmatch(parts.netloc) and _PLAIN.fullmatch(url)):
        raise ValidationError(_("That is not an address as https://platform.example/path."))
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise ValidationError(_("The address must begin with https://."))


def is_loopback(url: str) -> bool:
    """Whether an address names this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def origin(url: str) -> str:
    """Scheme, host and port of an address that :func:`check_url` let through."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class PlatformSession(requests.Session):
    """Asks one platform: no redirects, bounded in time and size.

    ``hosts`` are those that an administrator entered. A launch names others (Canvas does); these
    must have public addresses, or a platform could have us ask the machines of our own network.
    """

    def __init__(self, hosts: Collection[str]) -> None:
        super().__init__()
        self.hosts = frozenset(hosts)
        self.headers["User-Agent"] = "docker-playground"
        self.trust_env = False

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """As in requests; raises ``Refused`` too."""
        self._check(str(url))
        kwargs |= {"timeout": _PATIENCE, "allow_redirects": False, "stream": True}
        response = super().request(method, url, *args, **kwargs)
        body, until = b"", time.monotonic() + _LONGEST
        for piece in response.iter_content(1 << 16):
            body += piece
            if len(body) > _MOST or time.monotonic() > until:
                response.close()
                raise Refused(f"{url} answered with too much, or too slowly")
        response._content = body
        if response.is_redirect:
            raise Refused(f"{url} answered with a redirect")
        return response

    def _check(self, url: str) -> None:
        try:
            check_url(url)
        except ValidationError as error:
            raise Refused(f"{url}: {error.messages[0]}") from None
        parts = urlsplit(url)
        host = parts.hostname or ""
        if host in self.hosts:
            return
        try:
            found = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Refused(f"{host} is not known: {error}") from None
        for *_rest, address in found:
            if not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_global:
                raise Refused(f"{host} is not a public address, and not one of the platform's own")
