"""The database is real; cache and channel layer are the process's own, for no Redis runs here."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from playground.accounts.models import User
from playground.api import tokens
from playground.api.scopes import SCOPES
from tests.this_process import of_this_process, removed  # noqa: F401 - fixtures


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
