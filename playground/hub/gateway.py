"""The gateway: what the web process connects to, a websocket over a stream of the node's own.

A websocket library gives framing, limits and back pressure, and TLS where the stream crosses
machines. A connection names what it wants by its path: ``/terminal``, ``/engine``, ``/inspect``,
``/files``, ``/exec``, ``/layers``, ``/checks``, or ``/catalogue`` and
``/node``, which are about no sandbox.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit
from weakref import WeakValueDictionary

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from playground.hub import node_view, protocol, shim_link, tickets
from playground.hub.checks_view import ChecksSession, Listener
from playground.hub.commands import Commands
from playground.hub.engine_view import EngineView
from playground.hub.files import Transfers
from playground.hub.inspect_view import inspect
from playground.hub.layers_view import LayersView
from playground.hub.session import Session
from playground.hub.shell import open_shell, take_over
from playground.hub.shim_link import ShimLink
from playground.hub.terminal import Terminal
from playground.hub.thawing import thaw
from playground.hub.typist import NAME as TYPIST
from playground.hub.typist import Typist, sit_beside
from playground.runtime.errors import SandboxError
from playground.runtime.node import Node
from playground.runtime.sandbox import Sandbox
from playground.telemetry import ids, metrics, tracing

log = logging.getLogger(__name__)

_ENGINE_THREADS = 32
_MAX_TERMINALS = 16
_PURPOSES = frozenset(
    ("node", "catalogue", "terminal", "engine", "inspect", "files", "exec", "layers", "checks")
)


class Hub:
    """All terminals of one node."""

    def __init__(self, node: Node, key: str) -> None:
        self.node = node
        self.key = key
        self.terminals: dict[tuple[str, str], Terminal] = {}
        self._transfers = Transfers()
        self._commands = Commands()
        self._layers = LayersView()
        # Threads of their own: engines that never answer hold up other engines at the worst.
        self._engine_threads = ThreadPoolExecutor(_ENGINE_THREADS, "engine")
        self._node_threads = ThreadPoolExecutor(4, "node")
        self._opening: dict[tuple[str, str], asyncio.Task[Terminal]] = {}
        self._links: dict[str, asyncio.Task[ShimLink]] = {}
        self._dropping: set[asyncio.Task[None]] = set()
        #: Who hears of what is typed at a sandbox's prompts.
        self._listeners: dict[str, set[Listener]] = {}
        #: The hosts on which something is typed for their students.
        self._typed_for: set[str] = set()
        self._inspecting: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def serve(self, connection: ServerConnection) -> None:
        """Handle one connection from the web process."""
        request = connection.request
        assert request
        url = urlsplit(request.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        try:
            ticket = tickets.read(self.key, query.get("ticket", ""))
            if ticket.purpose != url.path.strip("/"):
                raise tickets.BadTicket("a ticket for something else")
            ids.bind(ticket.request_id)
            if ticket.purpose == "health":
                await connection.send("ok")
                return
            with metrics.CONNECTIONS.labels(_word(ticket.purpose)).track_inprogress():
                await self._serve(connection, ticket, query)
        except tickets.BadTicket as error:
            await _refuse(connection, "ticket", str(error))
        except SandboxError as error:
            await _refuse(connection, "gone", str(error))
        except protocol.BadFrame as error:
            await _refuse(connection, "frame", str(error))
        except ConnectionClosed:
            pass

    async def _serve(
        self, connection: ServerConnection, ticket: tickets.Ticket, query: Mapping[str, str]
    ) -> None:
        """Serve who has shown a ticket."""
        if ticket.purpose == "node":
            await self._serve_node(connection)
            return
        if ticket.purpose == "catalogue":
            await self._layers.serve_catalogue(connection, self.node.config)
            return
        sandbox = self.node.get(ticket.sandbox)
        if not sandbox.is_alive():
            raise SandboxError("The sandbox has ended")
        await asyncio.to_thread(thaw, sandbox)
        log.info(
            "%s of sandbox %s opens",
            ticket.purpose,
            sandbox.id,
            extra={"purpose": ticket.purpose, "sandbox": sandbox.id},
        )
        if ticket.purpose == "terminal":
            await self._serve_terminal(connection, sandbox, ticket, query)
        elif ticket.purpose == "files":
            shell = self.terminals.get((sandbox.id, ticket.terminal))
            folder = shell.folder() if shell else ""
            await self._transfers.serve(connection, sandbox, folder, query)
        elif ticket.purpose == "exec":
            await self._commands.serve(connection, sandbox)
        elif ticket.purpose == "checks":
            await self._serve_checks(connection, sandbox)
        elif ticket.purpose == "inspect":
            await self._serve_inspect(connection, sandbox, query)
        elif ticket.purpose == "layers":
            await self._layers.serve(connection, sandbox)
        else:
            await EngineView(connection, sandbox, self._engine_threads).run()

    async def adopt(self) -> None:
        """Take over the terminals that an earlier hub has left with their shims."""
        for sandbox in self.node.sandboxes():
            try:
                if sandbox.is_alive() and (link := await shim_link.connect(sandbox)):
                    task = asyncio.create_task(self._take_over(sandbox, link))
                    self._links[sandbox.id] = task
                    await task
            except (SandboxError, OSError) as error:
                log.warning("the terminals of %s were not found again: %s", sandbox.id, error)

    def close(self) -> None:
        """Let all terminals go; their shims keep them for the next hub."""
        for terminal in list(self.terminals.values()):
            terminal.release()
        self._engine_threads.shutdown(wait=False, cancel_futures=True)
        self._node_threads.shutdown(wait=False, cancel_futures=True)
        self._layers.close()

    def names(self, sandbox: Sandbox) -> list[str]:
        """Which terminals a sandbox has."""
        return [name for owner, name in self.terminals if owner == sandbox.id]

    async def hang_up(self, sandbox: Sandbox, terminal: Terminal) -> None:
        """End a terminal's shell: the shim lets go of the pty first, then the hub."""
        await asyncio.to_thread(thaw, sandbox)  # a frozen shell would never hear of it
        link = await self._link(sandbox)
        await link.drop(terminal.name)
        terminal.close()

    async def _serve_node(self, connection: ServerConnection) -> None:
        found = await asyncio.to_thread(node_view.view, self.node, self._node_threads)
        await connection.send(json.dumps(found))

    async def _serve_terminal(
        self,
        connection: ServerConnection,
        sandbox: Sandbox,
        ticket: tickets.Ticket,
        query: Mapping[str, str],
    ) -> None:
        columns, rows = _size(query)
        name = ticket.terminal
        if ticket.guest and not name:  # any will do
            name = next(iter(self.names(sandbox)), "")
        if ticket.guest and (sandbox.id, name) not in self.terminals:
            raise SandboxError("There is no such terminal now")
        with tracing.span("open the terminal", sandbox=sandbox.id):
            terminal = await self._terminal(sandbox, name, columns, rows)
        session = Session(
            connection, self, terminal, sandbox, query, ticket.guest, sees_all=ticket.sees_all
        )
        terminal.attach(session)
        metrics.VIEWERS.inc()
        terminal.resize(session, columns, rows)
        try:
            await session.run()
        finally:
            terminal.detach(session)
            metrics.VIEWERS.dec()

    async def _terminal(self, sandbox: Sandbox, name: str, columns: int, rows: int) -> Terminal:
        """The terminal of that name; two pages that open it at once get the same one."""
        key = (sandbox.id, name)
        if found := self.terminals.get(key):
            return found
        if key not in self._opening:
            task = asyncio.create_task(self._open(sandbox, key, columns, rows))
            self._opening[key] = task
            task.add_done_callback(lambda _: self._opening.pop(key))
        # A page that leaves while its shell starts must not take it from another that waits too.
        return await asyncio.shield(self._opening[key])

    async def _open(
        self, sandbox: Sandbox, key: tuple[str, str], columns: int, rows: int
    ) -> Terminal:
        link = await self._link(sandbox)
        if found := self.terminals.get(key):  # the shim has kept it
            return found
        if sum(1 for owner, _ in self.terminals if owner == sandbox.id) >= _MAX_TERMINALS:
            raise SandboxError(f"This host has {_MAX_TERMINALS} terminals already")
        pty = await open_shell(sandbox, link, key[1], columns, rows)
        return self._add(key, Terminal(key[1], pty), link)

    def _add(self, key: tuple[str, str], terminal: Terminal, link: ShimLink) -> Terminal:
        terminal.on_exit(lambda: self._forget(key, terminal, link))
        terminal.typed.listener = lambda line, code: self._heard(key[0], line, code)
        self.terminals[key] = terminal
        metrics.TERMINALS.set(len(self.terminals))
        return terminal

    async def _link(self, sandbox: Sandbox) -> ShimLink:
        """The connection to a sandbox's shim, with what the shim has kept taken over."""
        task = self._links.get(sandbox.id)
        if task is None or (task.done() and (task.exception() or task.result().closed)):
            task = self._links[sandbox.id] = asyncio.create_task(self._make_link(sandbox))
        return await asyncio.shield(task)

    async def _make_link(self, sandbox: Sandbox) -> ShimLink:
        link = await shim_link.connect(sandbox) or await shim_link.start(sandbox)
        return await self._take_over(sandbox, link)

    async def _take_over(self, sandbox: Sandbox, link: ShimLink) -> ShimLink:
        for kept in await link.kept():
            key = (sandbox.id, kept.name)
            if kept.name == TYPIST:  # who was to type in it ended with an earlier hub
                await link.drop(kept.name)
            elif key not in self.terminals:
                self._add(key, Terminal(kept.name, take_over(link, kept)), link)
        return link

    def _forget(self, key: tuple[str, str], terminal: Terminal, link: ShimLink) -> None:
        if self.terminals.get(key) is terminal:
            del self.terminals[key]
        metrics.TERMINALS.set(len(self.terminals))
        dropping = asyncio.create_task(link.drop(key[1]))
        self._dropping.add(dropping)
        dropping.add_done_callback(self._dropping.discard)

    def _heard(self, sandbox_id: str, line: str, code: int | None) -> None:
        for listener in self._listeners.get(sandbox_id, ()):
            listener(line, code)

    async def _serve_checks(self, connection: ServerConnection, sandbox: Sandbox) -> None:
        session = ChecksSession(
            connection, sandbox, self._engine_threads, lambda: self._typist(sandbox)
        )
        listeners = self._listeners.setdefault(sandbox.id, set())
        listeners.add(session.heard)
        try:
            await session.run()
        finally:
            listeners.discard(session.heard)
            if not listeners:
                self._listeners.pop(sandbox.id, None)

    @asynccontextmanager
    async def _typist(self, sandbox: Sandbox) -> AsyncIterator[Typist]:
        """A terminal in which something is typed for the student, one at a time on a host."""
        if sandbox.id in self._typed_for:
            raise SandboxError("Something is being done on this host already")
        self._typed_for.add(sandbox.id)
        try:
            typist = await sit_beside(sandbox, await self._link(sandbox))
            try:
                yield typist
            finally:
                await typist.close()
        finally:
            self._typed_for.discard(sandbox.id)

    async def _serve_inspect(
        self, connection: ServerConnection, sandbox: Sandbox, query: Mapping[str, str]
    ) -> None:
        """Send once what the engine notes of one container.

        One question at a time to each engine: pages may ask as often as they like, and one that
        never answers would soon hold all threads. Who has given up meanwhile is not asked for.
        """
        name, image = query.get("name", ""), query.get("image", "")
        turn = self._inspecting.get(sandbox.id) or asyncio.Lock()
        self._inspecting[sandbox.id] = turn
        async with turn:
            if connection.close_code is not None:
                return
            loop = asyncio.get_running_loop()
            asked = loop.run_in_executor(self._engine_threads, inspect, sandbox, name, image)
            await connection.send(json.dumps(await asked))


def _word(purpose: str) -> str:
    return purpose if purpose in _PURPOSES else "engine"


def _size(query: Mapping[str, str]) -> tuple[int, int]:
    def number(name: str, default: int, most: int) -> int:
        text = query.get(name, "")
        return min(max(int(text), 2), most) if text.isdigit() and len(text) < 6 else default

    return number("columns", 80, protocol.MAX_COLUMNS), number("rows", 24, protocol.MAX_ROWS)


async def _refuse(connection: ServerConnection, code: str, message: str) -> None:
    log.warning("refused: %s: %s", code, message)
    metrics.REFUSED.labels(code).inc()
    with suppress(ConnectionClosed):
        document: dict[str, Any] = {"code": code, "message": message}
        await connection.send(protocol.frame(protocol.ERROR, document))
        await connection.close()
