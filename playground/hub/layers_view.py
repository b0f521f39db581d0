"""Pages' questions about layers (:mod:`playground.layers.conversation`), answered in turn."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from websockets.asyncio.server import ServerConnection

from playground.hub.catalogue_library import CatalogueLibrary
from playground.hub.layers_library import SandboxLibrary
from playground.layers import conversation
from playground.layers.errors import LayersError
from playground.layers.library import Library
from playground.runtime.config import RuntimeConfig
from playground.runtime.errors import SandboxError
from playground.runtime.sandbox import Sandbox

_THREADS = 4
#: The catalogue's own, so that no student's engine can hold them all up.
_CATALOGUE_THREADS = 2


class LayersView:
    """Answers the questions of all pages on a node, one at a time for each sandbox."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, "layers")
        self._catalogue_threads = ThreadPoolExecutor(_CATALOGUE_THREADS, "catalogue")
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._pages: defaultdict[str, int] = defaultdict(int)

    async def serve(self, connection: ServerConnection, sandbox: Sandbox) -> None:
        """Answer one page about its student's host until it leaves."""

        def library() -> Library:
            try:
                sandbox.thaw()
            except SandboxError:
                raise LayersError("gone") from None
            return SandboxLibrary(sandbox)

        loop = asyncio.get_running_loop()
        self._pages[sandbox.id] += 1
        try:
            async for message in connection:
                # One student's slow layers hold up that student, not the node.
                async with self._turns[sandbox.id]:
                    reply = await loop.run_in_executor(
                        self._threads, conversation.reply, library, message
                    )
                await connection.send(reply)
        finally:
            self._pages[sandbox.id] -= 1
            if not self._pages[sandbox.id]:
                del self._pages[sandbox.id]
                self._turns.pop(sandbox.id, None)

    async def serve_catalogue(self, connection: ServerConnection, config: RuntimeConfig) -> None:
        """Answer one page about the catalogue's images until it leaves."""
        loop = asyncio.get_running_loop()
        async for message in connection:
            reply = await loop.run_in_executor(
                self._catalogue_threads,
                conversation.reply,
                lambda: CatalogueLibrary(config),
                message,
            )
            await connection.send(reply)

    def close(self) -> None:
        """Take no more questions."""
        for threads in (self._threads, self._catalogue_threads):
            threads.shutdown(wait=False, cancel_futures=True)
