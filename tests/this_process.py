"""Fixtures of tests of views: the database is real; cache, channel layer and queue are the
process's own, for no Redis runs there. The site's tests meet the real ones."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from playground.sandboxes import tasks


@pytest.fixture(autouse=True)
def of_this_process(settings: Any) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sandboxes that a worker was asked to remove; there is no broker here."""
    asked: list[str] = []
    monkeypatch.setattr(tasks.remove, "delay", asked.append)
    return asked
