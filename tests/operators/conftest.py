"""The database is real; cache and channel layer are the process's own, for no Redis runs here."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from playground.sandboxes import tasks


@pytest.fixture(autouse=True)
def _of_this_process(settings: Any) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sandboxes that a worker was asked to remove; there is no broker here."""
    asked: list[str] = []
    monkeypatch.setattr(tasks.remove, "delay", asked.append)
    return asked
