"""Dynamic registration: a platform that is handed a link registers itself.

The link is made by an administrator, holds for an hour and for one platform. Whoever has it names
the address to ask, so that must be a public one; a platform inside our own network is registered by
the form.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

import requests
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from playground.accounts import audit
from playground.accounts.models import User
from playground.lti import claims
from playground.lti.addresses import absolute
from playground.lti.forms import PlatformForm
from playground.lti.models import Platform
from playground.lti.outbound import PlatformSession, check_url, is_loopback

#: Seconds that a link holds.
LASTS = 3600
_TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
_PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"


class NotRegistered(Exception):
    """Why it could not be; fit for the page."""


def new_link(user: User) -> str:
    """The secret of a new link."""
    word = secrets.token_urlsafe(24)
    cache.set(_key(word), user.pk, LASTS)
    return word


def is_open(word: str) -> bool:
    """Whether a link still holds."""
    return cache.get(_key(word)) is not None


def register(request: HttpRequest, word: str, url: str, token: str) -> Platform:
    """Register the platform that describes itself at ``url``; raises ``NotRegistered``."""
    user = User.objects.filter(pk=cache.get(_key(word)), is_active=True).first()
    if user is None or not user.is_administrator:
        raise NotRegistered("the link holds no more")
    try:
        check_url(url)
    except ValidationError as error:
        raise NotRegistered(f"{url[:200]}: {error.messages[0]}") from None
    ours = absolute(request, "lti-launch")
    # On one's own machine both are; nowhere else may a link have us ask ourselves.
    hosts = {"localhost", "127.0.0.1", "::1"} if is_loopback(ours) else set()
    with PlatformSession(hosts) as session:
        theirs = _json(session, "GET", url)
        issuer = _text(theirs, "issuer")
        if urlsplit(issuer).hostname != urlsplit(url).hostname:
            raise NotRegistered("the platform's issuer has another host than its description")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = _json(
            session,
            "POST",
            _text(theirs, "registration_endpoint"),
            json=_describe(request),
            headers=headers,
        )
    made = _keep(theirs, answer, issuer)
    cache.delete(_key(word))
    audit.note(user, "lti.add", f"platform {made.pk} {made}", issuer=issuer, how="dynamic")
    return made


def _keep(theirs: dict[str, Any], answer: dict[str, Any], issuer: str) -> Platform:
    about = theirs.get(_PLATFORM)
    kind = about.get("product_family_code") if isinstance(about, dict) else None
    host = urlsplit(issuer).hostname or issuer
    tool = answer.get(_TOOL)
    deployment = tool.get("deployment_id") if isinstance(tool, dict) else None
    form = PlatformForm(
        {
            "name": f"{host} ({kind})"[:100] if isinstance(kind, str) else host[:100],
            "issuer": issuer,
            "client_id": _text(answer, "client_id"),
            "login_url": _text(theirs, "authorization_endpoint"),
            "token_url": _text(theirs, "token_endpoint"),
            "keys_url": _text(theirs, "jwks_uri"),
            "deployments": str(deployment or ""),
            "audience": theirs.get("authorization_server") or "",
            "is_active": "on",
        }
    )
    if not form.is_valid():
        said = "; ".join(f"{name}: {errors[0]}" for name, errors in form.errors.items())
        raise NotRegistered(f"the platform's description: {said}"[:300])
    return form.save()


def _describe(request: HttpRequest) -> dict[str, Any]:
    pick = absolute(request, "lti-pick")
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["client_credentials", "implicit"],
        "initiate_login_uri": absolute(request, "lti-login"),
        "redirect_uris": [absolute(request, "lti-launch")],
        "client_name": "Docker Playground",
        "jwks_uri": absolute(request, "lti-keys"),
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": f"{claims.SCOPE_SCORE} {claims.SCOPE_COLUMN}",
        _TOOL: {
            "domain": request.get_host(),
            "description": "Learn Docker in the browser, on a real Docker host of your own.",
            "target_link_uri": absolute(request, "lesson-list"),
            "claims": ["iss", "sub", "name", "given_name", "family_name"],
            "messages": [{"type": "LtiDeepLinkingRequest", "target_link_uri": pick}],
        },
    }


def _json(session: PlatformSession, method: str, url: str, **words: Any) -> dict[str, Any]:
    try:
        answer = session.request(method, url, **words)
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise NotRegistered(f"the platform could not be asked: {error}"[:300]) from None
    if not answer.ok or not isinstance(found, dict):
        raise NotRegistered(f"the platform answered {answer.status_code}")
    return found


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value.isprintable():
        raise NotRegistered(f"the platform did not say its {name}")
    return value


def _key(word: str) -> str:
    return f"lti-link-{word}"
