"""The site's own words on a port's origin: why there is nothing to see, and what to try.

Nothing of the site can be loaded here, so a page has its style in it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from playground.hub import ports as codes
from playground.sandboxes.ports.asgi_types import Send
from playground.sandboxes.ports.names import PortName
from playground.sandboxes.ports.upstream import NoHub, NoStream

#: Loads the page again while somebody looks at it; a forgotten tab keeps no sandbox awake.
_AGAIN = "setInterval(() => document.hidden || location.reload(), 3000)"
_HASH = base64.b64encode(hashlib.sha256(_AGAIN.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


async def forbidden(scope: dict[str, Any], send: Send, name: PortName) -> None:
    """Nobody has shown the browser's pass."""
    await _page(scope, send, name, 403, "forbidden")


async def unknown(scope: dict[str, Any], send: Send, status: int) -> None:
    """No port can have this name, no request this form, or a student's page asked the site."""
    await _send(scope, send, status, b"There is nothing here.\n", "text/plain; charset=utf-8")


async def odd(scope: dict[str, Any], send: Send, name: PortName) -> None:
    """Something answers, and not as a web server does."""
    await _page(scope, send, name, 502, "odd")


async def no_stream(scope: dict[str, Any], send: Send, name: PortName, why: NoStream) -> None:
    """Nothing answers on the port, or there is no way to it."""
    if why.code == codes.SILENT:
        await _page(scope, send, name, 502, "silent", listening=why.listening)
    elif why.code == codes.BUSY:
        await _page(scope, send, name, 503, "busy")
    elif why.code == codes.GONE:
        await _page(scope, send, name, 502, "gone")
    else:
        assert isinstance(why, NoHub) or why.code == codes.REFUSED
        await _page(scope, send, name, 503, "hub")


def site_address(scope: dict[str, Any], name: PortName) -> str:
    """The site, as well as it can be known from here: the first of its hosts."""
    hosts = [each for each in settings.ALLOWED_HOSTS if each.strip(".*")] or ["localhost"]
    port = name.host.partition(":")[2]
    site = hosts[0].lstrip(".*")
    return f"{scope['scheme']}://{site}{f':{port}' if port and ':' not in site else ''}"


async def _page(
    scope: dict[str, Any], send: Send, name: PortName, status: int, why: str, **more: Any
) -> None:
    given = dict(scope["headers"])
    with translation.override(_language(given.get(b"accept-language", b""))):
        if b"text/html" not in given.get(b"accept", b""):
            text = gettext("Nothing to see on port [port].").replace("[port]", str(name.port))
            await _send(scope, send, status, text.encode() + b"\n", "text/plain; charset=utf-8")
            return
        site = site_address(scope, name)
        context = {
            "why": why,
            "port": name.port,
            "site": site,
            "enter": f"{site}/ports/{name.port}/",
            "again": _AGAIN if scope["method"] == "GET" and why in ("silent", "hub") else "",
            "others": [
                {"port": port, "address": f"{site}/ports/{port}/"}
                for port in more.get("listening", [])
                if port != name.port
            ],
        }
        page = render_to_string("ports/page.html", context)
    await _send(scope, send, status, page.encode(), "text/html; charset=utf-8")


async def _send(scope: dict[str, Any], send: Send, status: int, body: bytes, kind: str) -> None:
    headers = {
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    pairs = [(key.lower().encode(), value.encode()) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _language(accepted: bytes) -> str:
    """The first language of the site's that a browser names; browsers name the best first."""
    known = {code for code, _ in settings.LANGUAGES}
    for each in re.findall(r"([a-z]{2})(?:-[a-z]+)*", accepted[:200].decode("latin-1").lower()):
        if each in known:
            return str(each)
    return str(settings.LANGUAGE_CODE)
