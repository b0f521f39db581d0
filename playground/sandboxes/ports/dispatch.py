"""By host name: the site, or a port. Neither ever answers in the other's place."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from playground.sandboxes.ports import access, headers, http, names, pages, websocket
from playground.sandboxes.ports.asgi_types import Application, Receive, Send
from playground.sandboxes.ports.names import PortName


class ByHost:
    """The site's application, with the ports' origins before it."""

    def __init__(self, site: Application) -> None:
        self.site = site

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request or websocket."""
        if scope["type"] not in ("http", "websocket"):
            await self.site(scope, receive, send)
            return
        given: dict[bytes, bytes] = dict(scope["headers"])
        host = given.get(b"host", b"").decode("latin-1")
        if names.is_like_port(host):
            await _port(scope, receive, send, names.parse(host), given)
        elif names.is_like_port(_host_of(given.get(b"origin", b""))):
            # No page of a student's has business with the site, even where an operator's wildcard
            # in the site's hosts would let it.
            await _refuse(scope, receive, send, None, 403)
        else:
            await self.site(scope, receive, send)


async def _port(
    scope: dict[str, Any],
    receive: Receive,
    send: Send,
    name: PortName | None,
    given: dict[bytes, bytes],
) -> None:
    if name is None or not scope["raw_path"].startswith(b"/"):
        await _refuse(scope, receive, send, None, 404)
        return
    secure = scope["scheme"] in ("https", "wss")
    if scope["type"] == "http" and scope["path"].startswith("/.playground/"):
        await _enter(scope, send, name, secure)
        return
    leave = access.read_pass(headers.cookies(scope["headers"]), name, secure)
    if (
        leave is None
        or access.is_foreign(given, scope.get("method", ""), name)
        or not await access.is_there(leave.sandbox)
    ):
        await _refuse(scope, receive, send, name, 403)
    elif scope["type"] == "http":
        await http.pass_on(scope, receive, send, name, leave)
    else:
        await websocket.pass_on(scope, receive, send, name, leave)


async def _enter(scope: dict[str, Any], send: Send, name: PortName, secure: bool) -> None:
    """Turn a ticket of the site's into a pass, and go on to where it leads."""
    text = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])[-1]
    found = access.read_ticket(text, name) if scope["path"] == access.ENTER else None
    if found is None or scope["method"] != "GET":
        await pages.forbidden(scope, send, name)
        return
    leave, path = found
    answer = [
        (b"location", path.encode("ascii")),
        (b"set-cookie", leave.cookie(secure)),
        (b"cache-control", b"no-store"),
        (b"referrer-policy", b"no-referrer"),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 302, "headers": answer})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(
    scope: dict[str, Any], receive: Receive, send: Send, name: PortName | None, status: int
) -> None:
    if scope["type"] == "websocket":
        await receive()
        await websocket.refuse(send, status)
    elif name:
        await pages.forbidden(scope, send, name)
    else:
        await pages.unknown(scope, send, status)


def _host_of(origin: bytes) -> str:
    return origin.decode("latin-1").partition("://")[2]
