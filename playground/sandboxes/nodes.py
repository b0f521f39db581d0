"""This process's door to the runtime core; only the worker and operators' commands go through."""

from __future__ import annotations

from functools import cache

from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node


@cache
def local_node() -> Node:
    """The node on this machine; raises ``ValueError`` for a bad setting."""
    return Node(RuntimeConfig.from_environ())
