"""Two sandboxes: the attacker's and somebody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playground.runtime.node import Node
from tests.support import Host


@pytest.fixture(scope="module")
def victim(node: Node) -> Iterator[Host]:
    """Another student's host."""
    sandbox = node.create()
    yield Host(sandbox)
    sandbox.remove()
