"""Who comes from a platform: their account here, and signing them in."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from django.contrib.auth import login
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from playground.accounts import audit
from playground.accounts.models import Role, User
from playground.lti import claims
from playground.lti.models import Identity, Platform

_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
_NAME = 150


def identity_of(platform: Platform, message: dict[str, Any]) -> Identity:
    """The person of a checked message, with an account of their own, made if it is their first
    launch.

    Only platform and subject find it. Names and addresses of a message are what the platform
    claims: they never lead to an account that is there already, and the address is not kept.
    """
    subject = str(message["sub"])
    try:
        with transaction.atomic():
            found = _find_or_make(platform, subject)
    except IntegrityError:  # two windows at once
        found = Identity.objects.select_related("user").get(platform=platform, subject=subject)
    user = found.user
    user.first_name = _text(message.get("given_name") or message.get("name"))
    user.last_name = _text(message.get("family_name"))
    user.save(update_fields=["first_name", "last_name"])
    found.last_launch = timezone.now()
    _promote(platform, found, message)
    found.save(update_fields=["last_launch", "was_promoted"])
    return found


def sign_in(request: HttpRequest, identity: Identity) -> None:
    """Go on as that person, in a session that has nothing of the one before.

    Whoever sat here last may have been somebody else, and nobody said otherwise: a launch is a
    click in a course. So what was done here without an account stays behind, unlike at an
    ordinary sign-in. The session ends with the browser; the next one is a click away too.
    """
    request.session.flush()
    login(request, identity.user, backend=_BACKEND)
    record_authentication(request, identity.user, method="lti")
    request.session.set_expiry(0)


def _find_or_make(platform: Platform, subject: str) -> Identity:
    found = Identity.objects.select_related("user").filter(platform=platform, subject=subject)
    identity: Identity | None = found.first()
    if identity is not None:
        return identity
    user = User(username=f"lti-{secrets.token_hex(6)}")
    user.set_unusable_password()
    user.save()
    made: Identity = Identity.objects.create(platform=platform, subject=subject, user=user)
    return made


def _promote(platform: Platform, identity: Identity, message: dict[str, Any]) -> None:
    roles = message.get(claims.ROLES)
    teaches = isinstance(roles, list) and any(
        isinstance(each, str) and each in claims.TEACHER for each in roles
    )
    if not (platform.instructors and teaches) or identity.was_promoted:
        return
    identity.was_promoted = True
    user = identity.user
    if user.role == Role.STUDENT:
        user.role = Role.INSTRUCTOR
        user.save(update_fields=["role"])
        audit.note(user, "role.lti", f"user {user.pk} {user.username}", platform=platform.name)


def _text(given: object) -> str:
    if not isinstance(given, str):
        return ""
    return "".join(each for each in given if each.isprintable())[:_NAME]
