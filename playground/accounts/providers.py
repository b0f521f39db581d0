"""Signing in elsewhere: what the environment says, as allauth wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def providers(environ: Mapping[str, str]) -> dict[str, Any]:
    """Allauth's ``SOCIALACCOUNT_PROVIDERS``.

    GitHub and Google by ``PLAYGROUND_GITHUB_ID`` and ``_SECRET``, ``PLAYGROUND_GOOGLE_…``; any
    OpenID provider by ``PLAYGROUND_OIDC_URL``, ``_ID``, ``_SECRET`` and ``_NAME``. Raises
    ``ImproperlyConfigured`` for one that is half there.
    """
    found: dict[str, Any] = {}
    if app := _app(environ, "GITHUB"):
        found["github"] = {"APPS": [app], "SCOPE": ["user:email"]}
    if app := _app(environ, "GOOGLE"):
        found["google"] = {"APPS": [app], "SCOPE": ["profile", "email"], "OAUTH_PKCE_ENABLED": True}
    if url := environ.get("PLAYGROUND_OIDC_URL"):
        app = _app(environ, "OIDC")
        if not app:
            raise ImproperlyConfigured("PLAYGROUND_OIDC_URL needs PLAYGROUND_OIDC_ID and _SECRET")
        app |= {
            "provider_id": "oidc",
            "name": environ.get("PLAYGROUND_OIDC_NAME", "OpenID"),
            "settings": {"server_url": url, "oauth_pkce_enabled": True},
        }
        found["openid_connect"] = {"APPS": [app]}
    return found


def form_targets(environ: Mapping[str, str]) -> list[str]:
    """The origins to which a sign-in form may lead on, for the content security policy."""
    found = []
    if environ.get("PLAYGROUND_GITHUB_ID"):
        found.append("https://github.com")
    if environ.get("PLAYGROUND_GOOGLE_ID"):
        found.append("https://accounts.google.com")
    if url := environ.get("PLAYGROUND_OIDC_URL"):
        parts = urlsplit(url)
        found.append(f"{parts.scheme}://{parts.netloc}")
    # A provider whose sign-in page has another host than its address of discovery.
    found += environ.get("PLAYGROUND_OIDC_ORIGINS", "").split()
    return found


def _app(environ: Mapping[str, str], name: str) -> dict[str, Any]:
    client, secret = (environ.get(f"PLAYGROUND_{name}_{part}", "") for part in ("ID", "SECRET"))
    if bool(client) != bool(secret):
        raise ImproperlyConfigured(f"PLAYGROUND_{name}_ID and _SECRET belong together")
    return {"client_id": client, "secret": secret} if client else {}
