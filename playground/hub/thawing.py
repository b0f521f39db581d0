"""Letting frozen sandboxes go on, counted."""

from __future__ import annotations

from playground.runtime.sandbox import Sandbox
from playground.telemetry import metrics


def thaw(sandbox: Sandbox) -> None:
    """Let a sandbox go on if it is frozen; blocks, raises ``NoSuchSandbox``."""
    if sandbox.is_alive() and sandbox.group.is_frozen():
        metrics.THAWS.inc()
    sandbox.thaw()
