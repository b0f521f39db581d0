"""What tests do with a terminal that is no page's."""

from __future__ import annotations

from playground.hub.terminal import Terminal


async def type_in(terminal: Terminal, data: bytes) -> None:
    """Give it input as a session does: once there is room."""
    await terminal.input_room()
    terminal.put(data)
