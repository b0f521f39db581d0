"""What ``check --deploy`` looks at besides Django's own: mistakes of this site's settings."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def check(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Look at the settings that Django knows nothing of."""
    return [
        Warning(text, hint=hint, id=f"deploy.{name}")
        for name, text, hint in (*_redis(), *_hosts(), *_ports(), *_origins())
    ]


_Found = Iterator[tuple[str, str, str]]


def _redis() -> _Found:
    server = settings.REDIS
    open_to_all = not server.login and not server.tls
    if open_to_all and any(not _is_here(host) for host, _ in server.hosts):
        yield (
            "W001",
            "Redis on another machine asks for no password and speaks no TLS: whoever reaches it "
            "can have any task of the worker done.",
            "PLAYGROUND_REDIS_URL: rediss://:password@host, or a password at the least",
        )


def _hosts() -> _Found:
    if "*" in settings.ALLOWED_HOSTS:
        yield (
            "W002",
            "The site answers to any host name, and links in mails have the name that was asked.",
            "PLAYGROUND_HOSTS: the names of the site",
        )


def _ports() -> _Found:
    if settings.PORT_DOMAIN == "localhost":
        yield (
            "W003",
            "Students' ports have names below localhost, which is each student's own machine.",
            "PLAYGROUND_PORT_DOMAIN: a domain with a wildcard in the name server",
        )


def _origins() -> _Found:
    plain = [o for o in settings.CSRF_TRUSTED_ORIGINS if not o.startswith("https://")]
    if plain:
        yield (
            "W004",
            f"Forms are taken from {', '.join(plain)}, where anybody on the way can change them.",
            "PLAYGROUND_ORIGINS: https://… only",
        )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
