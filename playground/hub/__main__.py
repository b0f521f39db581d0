"""``python -m playground.hub``: the terminal hub of one node."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop
from websockets.asyncio.server import serve, unix_serve

from playground.hub import certificates
from playground.hub.gateway import Hub
from playground.hub.ports import Ports
from playground.hub.protocol import MAX_INPUT_FRAME
from playground.runtime import open_files
from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node
from playground.telemetry import logs

_BOUNDS: dict[str, Any] = {
    "compression": None,
    "max_size": 2 * MAX_INPUT_FRAME,
    "max_queue": 16,
    "ping_interval": 20,
}
_LOOK_FOR_RENEWED = 60.0


@asynccontextmanager
async def _tls(hub: Hub, ports: Ports) -> AsyncIterator[None]:
    """Listen for web processes of other machines too, if this node has an address for them."""
    address = os.environ.get("PLAYGROUND_NODE_GATEWAY", "")
    if not address:
        yield
        return
    name = os.environ["PLAYGROUND_NODE"]
    folder = Path(os.environ["PLAYGROUND_CERTIFICATES"])
    context = certificates.node_context(folder, name)
    host, _, port = address.rpartition(":")
    loop = asyncio.get_running_loop()
    entrance = await loop.create_server(ports.entrance, host, int(port) + 1, ssl=context)
    renewing = asyncio.create_task(_renew(context, folder, name))
    async with serve(hub.serve, host, int(port), ssl=context, **_BOUNDS):
        logging.getLogger(__name__).info("node %s listens on %s", name, address)
        try:
            yield
        finally:
            renewing.cancel()
            entrance.close()


async def _renew(context: ssl.SSLContext, folder: Path, name: str) -> None:
    """Take up a certificate that was made again."""
    path = folder / f"{name}.pem"
    seen = path.stat().st_mtime_ns
    while True:
        await asyncio.sleep(_LOOK_FOR_RENEWED)
        try:
            if path.stat().st_mtime_ns != seen:
                certificates.reload(context, folder, name)
                seen = path.stat().st_mtime_ns
        except OSError as error:  # half way between the two files, or wrong: the old one goes on
            logging.getLogger(__name__).warning("the certificate was not renewed: %s", error)


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
    async with unix_serve(hub.serve, str(socket), **_BOUNDS):
        for each in (socket, ports_socket):
            os.chown(each, -1, group)
            each.chmod(0o660)
        logging.getLogger(__name__).info("the hub listens on %s", socket)
        async with _tls(hub, ports):
            await stop.wait()
        entrance.close()
        hub.close()


if __name__ == "__main__":
    logs.configure(os.environ.get("PLAYGROUND_LOG_LEVEL", "INFO"))
    uvloop.run(main())
