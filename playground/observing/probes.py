"""``/healthz``, ``/readyz`` and ``/metrics``: for programs, by any host name, without a session."""

from __future__ import annotations

import hmac
import ipaddress
import json
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST

from playground.observing import readiness, scrape

Send = Callable[[dict[str, Any]], Awaitable[None]]
Probe = Callable[[dict[str, Any], Send], Awaitable[None]]

_FORWARDED = {b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via"}


async def healthz(scope: dict[str, Any], send: Send) -> None:
    """The process lives, and its event loop goes round."""
    await _answer(send, 200, json.dumps({"ok": True}))


async def readyz(scope: dict[str, Any], send: Send) -> None:
    """Whether students can be served: 503, and what is wrong, if not."""
    parts = await readiness.look()
    ready = all(said == readiness.OK for said in parts.values())
    await _answer(send, 200 if ready else 503, json.dumps({"ready": ready, "parts": parts}))


async def metrics(scope: dict[str, Any], send: Send) -> None:
    """All metrics of all processes, for who may see them."""
    if not may_see(scope):
        said = "For programs on this machine, or with the token in PLAYGROUND_METRICS_TOKEN.\n"
        await _answer(send, 403, said, "text/plain; charset=utf-8")
        return
    await _answer(send, 200, await scrape.text(), CONTENT_TYPE_LATEST)


PATHS: dict[str, Probe] = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}


def may_see(scope: dict[str, Any]) -> bool:
    """Whether a request comes from this machine itself, through no proxy, or shows the token."""
    given = dict(scope["headers"])
    token: str = settings.METRICS_TOKEN
    shown = given.get(b"authorization", b"")
    if token and hmac.compare_digest(shown, f"Bearer {token}".encode()):
        return True
    try:
        address = ipaddress.ip_address(str(scope["client"][0]))
    except (TypeError, ValueError):
        return False
    return address.is_loopback and not _FORWARDED & given.keys()


async def _answer(
    send: Send, status: int, text: str | bytes, kind: str = "application/json"
) -> None:
    body = text.encode() if isinstance(text, str) else text
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
