"""A request to a port, passed on as it comes, and the answer as that comes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from playground.hub import ports
from playground.hub.together import until_first
from playground.sandboxes.ports import access, headers, pages, upstream
from playground.sandboxes.ports.access import Pass
from playground.sandboxes.ports.asgi_types import Receive, Send
from playground.sandboxes.ports.names import PortName

log = logging.getLogger(__name__)

_STATUSES = {status.value for status in HTTPStatus}


class ClientGone(Exception):
    """The browser has gone in the middle of its request."""


class _Incoming:
    """What comes from the browser: a body, and after it the news that it has gone."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read = asyncio.Event()

    async def body(self) -> AsyncIterator[bytes]:
        try:
            while True:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                if message.get("body"):
                    yield message["body"]
                if not message.get("more_body"):
                    return
        finally:
            self._read.set()

    async def gone(self, has_body: bool) -> None:
        if has_body:
            await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def pass_on(
    scope: dict[str, Any], receive: Receive, send: Send, name: PortName, leave: Pass
) -> None:
    """Serve one request. When the browser leaves, the student's server is left as well."""
    given = dict(scope["headers"])
    has_body = b"transfer-encoding" in given or given.get(b"content-length", b"0") != b"0"
    incoming = _Incoming(receive)
    await until_first(
        _serve(scope, incoming if has_body else None, send, name, leave),
        incoming.gone(has_body),
        # A long download is as good a sign of life as an open page.
        access.attend(leave.sandbox),
    )


async def _serve(
    scope: dict[str, Any], incoming: _Incoming | None, send: Send, name: PortName, leave: Pass
) -> None:
    target: bytes = scope["raw_path"]
    if scope["query_string"]:
        target += b"?" + scope["query_string"]
    scheme = scope["scheme"]
    client = (scope.get("client") or ("", 0))[0]
    sent = CIMultiDict(headers.to_server(scope["headers"], name, scheme, client))
    begun = False
    try:
        async with upstream.session().request(
            scope["method"],
            URL(upstream.address(leave, target), encoded=True),
            headers=sent,
            data=incoming.body() if incoming else None,
            allow_redirects=False,
        ) as answer:
            if answer.status not in _STATUSES or answer.status < 200:
                await pages.odd(scope, send, name)
                return
            begun = True
            await send(
                {
                    "type": "http.response.start",
                    "status": answer.status,
                    "headers": headers.to_browser(answer.raw_headers, name, scheme),
                }
            )
            # As soon as a piece is there: a stream of events says each when it happens.
            while piece := await answer.content.readany():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except upstream.NoStream as why:
        await pages.no_stream(scope, send, name, why)
    except (aiohttp.ClientConnectionError, OSError) as error:
        # Docker takes connections for a container in which nothing listens (yet), and drops them:
        # before, while or after the request is written, each an error of its own.
        log.debug("a port's server: %r", error)
        if not begun:
            await pages.no_stream(scope, send, name, upstream.NoStream(ports.SILENT))
    except (aiohttp.ClientError, ClientGone, ValueError) as error:
        # An answer that has begun and breaks off must not look complete: the server, which finds
        # it unfinished, cuts the browser's connection.
        log.debug("a port's server: %r", error)
        if not begun:
            await pages.odd(scope, send, name)
