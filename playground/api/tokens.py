"""Making tokens, finding whose one is, ending them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from playground.accounts.models import User
from playground.api.models import Token
from playground.api.scopes import SCOPES

#: What every token begins with, so that programs which look for leaked secrets know it.
PREFIX = "dpg_"
#: Days that a token may be good for.
LIVES = (7, 30, 90, 365)
#: Good tokens of one account at a time.
MOST = 20
#: The last use is noted once in so long: not every request has to write.
_NOTED_EVERY = timedelta(minutes=1)


class TooMany(Exception):
    """The account has as many tokens as it may."""


def make(user: User, name: str, scopes: Iterable[str], days: int) -> tuple[Token, str]:
    """Make a token; its row, and the text that is shown this once.

    Raises ``TooMany``, and ``ValueError`` for a scope that there is not.
    """
    wanted = list(dict.fromkeys(scopes))
    if not wanted or set(wanted) - set(SCOPES):
        raise ValueError(f"scopes are one or more of {', '.join(SCOPES)}")
    if good(user).count() >= MOST:
        raise TooMany
    text = PREFIX + secrets.token_urlsafe(32)
    row = Token.objects.create(
        user=user,
        name=name[:80],
        start=text[:8],
        digest=_digest(text),
        scopes=wanted,
        expires=timezone.now() + timedelta(days=days),
    )
    return row, text


def good(user: User) -> QuerySet[Token]:
    """The account's tokens that can be used."""
    found: QuerySet[Token] = Token.objects.filter(user=user, ended=None, expires__gt=timezone.now())
    return found


def find(text: str) -> Token | None:
    """The token of that text, good or not; ``None`` for one that there never was."""
    if not text.startswith(PREFIX):
        return None
    found: Token | None = Token.objects.select_related("user").filter(digest=_digest(text)).first()
    return found


def used(token: Token) -> None:
    """Note that a token is in use."""
    now = timezone.now()
    stale = Q(last_used=None) | Q(last_used__lt=now - _NOTED_EVERY)
    if token.last_used is None or token.last_used < now - _NOTED_EVERY:
        Token.objects.filter(stale, pk=token.pk).update(last_used=now)


def end(user: User, pk: int) -> bool:
    """End one of the account's tokens; ``False`` if it has none of that number to end."""
    rows = Token.objects.filter(user=user, pk=pk, ended=None)
    return bool(rows.update(ended=timezone.now()))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
