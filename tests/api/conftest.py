"""The database is real; cache and channel layer are the process's own, for no Redis runs here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from playground.accounts.models import User
from playground.api import tokens
from playground.api.scopes import SCOPES
from playground.sandboxes import tasks


@pytest.fixture(autouse=True)
def _of_this_process(settings: Any) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture
def mina(db: None) -> User:
    made: User = User.objects.create_user("mina", password="long-enough-for-all")
    return made


@pytest.fixture
def by(mina: User) -> Callable[..., Client]:
    """A client with a token of Mina's that has these scopes, or all."""

    def make(*scopes: str) -> Client:
        _, text = tokens.make(mina, "test", scopes or SCOPES, 7)
        return Client(headers={"authorization": f"Bearer {text}"})

    return make


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sandboxes that a worker was asked to remove; there is no broker here."""
    asked: list[str] = []
    monkeypatch.setattr(tasks.remove, "delay", asked.append)
    return asked
