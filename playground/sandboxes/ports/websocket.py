"""A websocket to a port: messages both ways, as they come."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.http11 import Response
from websockets.typing import Origin, Subprotocol

from playground.hub.together import until_first
from playground.sandboxes.ports import access, headers, upstream
from playground.sandboxes.ports.access import Pass
from playground.sandboxes.ports.asgi_types import Receive, Send
from playground.sandboxes.ports.names import PortName

#: The largest message of a student's server; a browser's is bounded by the web server.
_MAX_MESSAGE = 4 << 20
_HELD = 4
_OPEN_WITHIN = 30.0
#: Codes that no side may send by itself (RFC 6455, 7.4.1): the connection broke.
_NOT_SENT = {1005, 1006, 1015}
_GONE, _AWAY = 1011, 1001


async def pass_on(
    scope: dict[str, Any], receive: Receive, send: Send, name: PortName, leave: Pass
) -> None:
    """Serve one websocket from its handshake to its end."""
    if (await receive())["type"] != "websocket.connect":
        return
    try:
        server = await _connect(scope, name, leave)
    except InvalidStatus as error:
        await refuse(send, error.response.status_code, error.response)
        return
    except (upstream.NoStream, WebSocketException, OSError, ValueError) as error:
        answered = error.__cause__  # it was a redirect, which no browser follows either
        response = answered.response if isinstance(answered, InvalidStatus) else None
        await refuse(send, response.status_code if response else 502, response)
        return
    try:
        answer = server.response.headers.raw_items() if server.response else ()
        pairs = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in answer]
        kept = [
            (key, value)
            for key, value in headers.to_browser(pairs, name, scope["scheme"])
            if not key.startswith(b"sec-websocket-") and key != b"content-length"
        ]
        await send({"type": "websocket.accept", "subprotocol": server.subprotocol, "headers": kept})
        await _pump(receive, send, server, leave)
    finally:
        # Not waited for: a server that never answers a close is left to itself.
        if server.close_code is None:
            server.transport.abort()


async def refuse(send: Send, status: int, response: Response | None = None) -> None:
    """Refuse a handshake as the student's server did, or with a status of ours."""
    status = status if 300 <= status < 600 else 502
    await send({"type": "websocket.http.response.start", "status": status, "headers": []})
    body = bytes(response.body or b"") if response else b""
    await send({"type": "websocket.http.response.body", "body": body})


async def _connect(scope: dict[str, Any], name: PortName, leave: Pass) -> ClientConnection:
    target = scope["raw_path"].decode("ascii")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("ascii")
    scheme = "https" if scope["scheme"] == "wss" else "http"
    client = (scope.get("client") or ("", 0))[0]
    sent = [
        (key, value)
        for key, value in headers.to_server(scope["headers"], name, scheme, client)
        if not key.lower().startswith("sec-websocket-")
        and key.lower() not in ("host", "origin", "user-agent", "content-length")
    ]
    given = {key: value.decode("latin-1") for key, value in scope["headers"]}
    origin = given.get(b"origin")
    stream = await upstream.open_stream(leave)
    try:
        return await unix_connect(
            uri=f"ws://{name.host}{target}",
            sock=stream,
            origin=Origin(origin) if origin else None,
            additional_headers=sent,
            user_agent_header=given.get(b"user-agent"),
            subprotocols=[Subprotocol(each) for each in scope["subprotocols"]] or None,
            compression=None,
            max_size=_MAX_MESSAGE,
            max_queue=_HELD,
            open_timeout=_OPEN_WITHIN,
            ping_interval=None,
            proxy=None,
        )
    except BaseException:
        stream.close()
        raise


async def _pump(receive: Receive, send: Send, server: ClientConnection, leave: Pass) -> None:
    with suppress(ConnectionClosed):
        await until_first(
            _to_server(receive, server), _to_browser(send, server), access.attend(leave.sandbox)
        )


async def _to_server(receive: Receive, server: ClientConnection) -> None:
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            code = message.get("code") or _AWAY
            with suppress(WebSocketException):
                await server.close(
                    _AWAY if code in _NOT_SENT else code, message.get("reason") or ""
                )
            return
        text = message.get("text")
        await server.send(text if text is not None else message["bytes"])


async def _to_browser(send: Send, server: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            message = await server.recv()
            kind = "text" if isinstance(message, str) else "bytes"
            await send({"type": "websocket.send", kind: message})
    code = server.close_code or _GONE
    await send(
        {
            "type": "websocket.close",
            "code": _GONE if code in _NOT_SENT - {1005} else 1000 if code == 1005 else code,
            "reason": server.close_reason or "",
        }
    )
