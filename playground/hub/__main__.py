"""``python -m playground.hub``: the terminal hub of one node."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from pathlib import Path

import uvloop
from websockets.asyncio.server import unix_serve

from playground.hub.gateway import Hub
from playground.hub.ports import Ports
from playground.hub.protocol import MAX_INPUT_FRAME
from playground.runtime import open_files
from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node
from playground.telemetry import logs


async def main() -> None:
    """Serve until asked to stop."""
    socket = Path(os.environ["PLAYGROUND_HUB_SOCKET"])
    key = Path(os.environ["PLAYGROUND_SECRET_FILE"]).read_text().strip()
    group = int(os.environ.get("PLAYGROUND_WEB_GID", os.getgid()))
    hub = Hub(Node(RuntimeConfig.from_environ()), key)
    # Each stream to a port takes two files; terminals must find some too.
    ports = Ports(hub.node, key, most=open_files.raise_limit() // 4)
    ports_socket = Path(os.environ.get("PLAYGROUND_PORTS_SOCKET", socket.with_name("ports.sock")))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await hub.adopt()
    for each in (socket, ports_socket):
        each.unlink(missing_ok=True)
    entrance = await asyncio.get_running_loop().create_unix_server(
        ports.entrance, str(ports_socket), backlog=512
    )
    async with unix_serve(
        hub.serve,
        str(socket),
        compression=None,
        max_size=2 * MAX_INPUT_FRAME,
        max_queue=16,
        ping_interval=20,
    ):
        for each in (socket, ports_socket):
            os.chown(each, -1, group)
            each.chmod(0o660)
        logging.getLogger(__name__).info("the hub listens on %s", socket)
        await stop.wait()
        entrance.close()
        hub.close()


if __name__ == "__main__":
    logs.configure(os.environ.get("PLAYGROUND_LOG_LEVEL", "INFO"))
    uvloop.run(main())
