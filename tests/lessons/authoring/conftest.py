"""The database is real; cache and channel layer are the process's own, for no Redis runs here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from lessons.authoring import saving, starting
from lessons.authoring.models import Draft
from playground.accounts.models import Role, User
from tests.classes.conftest import signed_in


@pytest.fixture(autouse=True)
def _of_this_process(settings: Any) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@dataclass
class Written:
    """A draft, its author and the author's browser."""

    draft: Draft
    author: User
    client: Client


@pytest.fixture
def written(db: None) -> Written:
    author, client = signed_in("ahn", Role.INSTRUCTOR)
    files = starting.scratch("run", 900, "Greetings", "인사")
    return Written(saving.create(author, "greet", files), author, client)
