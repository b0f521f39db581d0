"""What a worker does when it starts: find again what the one before it has left.

The rows say what students have; the node's records and processes say what is there. Both outlive
a worker, the Redis with its tasks need not. So nothing here asks what was being done: it compares
the two and has done again what is missing.
"""

from __future__ import annotations

import logging

from playground.runtime.errors import SandboxError
from playground.runtime.node import Node
from playground.sandboxes import claims, pool
from playground.sandboxes.models import Sandbox
from playground.sandboxes.nodes import here

log = logging.getLogger(__name__)


def recover(node: Node) -> list[str]:
    """Set rows right; return the ids of the sandboxes that must be made or started (again)."""
    for name in node.half_made():
        if node.clear_half_made(name):
            log.warning("cleared %s, which was never finished", name)
    for row in Sandbox.objects.filter(here(), state=Sandbox.State.POOLED):
        if not _is_alive(node, row):
            claims.give_up(row.id, "it had ended while it waited")
            node.clear(row.id)
    for row in pool.wishes():
        claims.give_up(row.id, "the worker that made it ended")
        node.clear(row.id)
    for row in Sandbox.objects.filter(here(), state=Sandbox.State.READY):
        if not _is_alive(node, row):
            log.warning("sandbox %s comes back with its disk", row.id)
            claims.revive(row.id)
    wanted = Sandbox.objects.filter(here(), state=Sandbox.State.REQUESTED).order_by("created")
    return list(wanted.values_list("id", flat=True))


def _is_alive(node: Node, row: Sandbox) -> bool:
    try:
        return node.get(row.id).is_alive()
    except SandboxError:
        return False
