"""Which headers pass between a browser and a student's server, and how they change on the way."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from playground.sandboxes.ports import access
from playground.sandboxes.ports.names import PortName

Headers = list[tuple[str, str]]

#: For one hop only (RFC 9110, 7.6.1), or made anew on each: the body's framing, the date.
_HOP = {
    "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization",
    "te", "trailer", "transfer-encoding", "upgrade",
}  # fmt: skip
_NOT_IN = _HOP | {
    "host", "cookie", "expect", "forwarded",
    "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-real-ip",
}  # fmt: skip
#: What would reach beyond the port's origin: to the whole domain's cookies and storage, to the way
#: that browsers take to the host, to files of a proxy in front of the site.
_NOT_OUT = _HOP | {"date", "clear-site-data", "alt-svc", "public-key-pins"}
_NOT_OUT_BEGINS = ("x-accel-", "x-sendfile", "x-lighttpd-send")

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_HERE = {"localhost", "127.0.0.1", "0.0.0.0", "::1", "docker-host"}  # noqa: S104


def cookies(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """All cookies of a request, in their order."""
    found = []
    for name, value in headers:
        if name.lower() == b"cookie":
            for each in value.decode("latin-1").split(";"):
                key, _, text = each.strip().partition("=")
                found.append((key.strip(), text.strip()))
    return found


def to_server(
    given: list[tuple[bytes, bytes]], name: PortName, scheme: str, client: str
) -> Headers:
    """A request's headers as the student's server gets them: never with the pass."""
    for_hop = _named_in_connection(given)
    kept = [
        (key.decode("latin-1"), value.decode("latin-1"))
        for key, value in given
        if key.decode("latin-1").lower() not in _NOT_IN | for_hop
    ]
    theirs = [f"{key}={text}" for key, text in cookies(given) if not access.is_ours(key)]
    if theirs := [each for each in theirs if each != "="]:
        kept.append(("Cookie", "; ".join(theirs)))
    return [
        ("Host", name.host),
        *kept,
        ("X-Forwarded-For", client),
        ("X-Forwarded-Host", name.host),
        ("X-Forwarded-Proto", scheme),
    ]


def to_browser(
    given: Iterable[tuple[bytes, bytes]], name: PortName, scheme: str
) -> list[tuple[bytes, bytes]]:
    """An answer's headers as the browser gets them."""
    given = [(key.strip(), value.strip(b" \t")) for key, value in given]
    for_hop = _named_in_connection(given)
    kept: list[tuple[bytes, bytes]] = []
    for key, value in given:
        lower = key.decode("latin-1").lower()
        if not _TOKEN.fullmatch(key) or not _VALUE.fullmatch(value):
            continue
        if lower == "x-accel-buffering":
            pass  # tells a proxy in front of the site to let a stream through
        elif lower in _NOT_OUT | for_hop or lower.startswith(_NOT_OUT_BEGINS):
            continue
        elif lower == "set-cookie":
            cookie = _own_cookie(value)
            if cookie is None:
                continue
            value = cookie
        elif lower in ("location", "content-location"):
            value = location(value.decode("latin-1"), name, scheme).encode("latin-1")
        kept.append((key.lower(), value))
    return kept


def location(address: str, name: PortName, scheme: str) -> str:
    """Where a redirect leads: the sandbox's own loopback is one of its port origins."""
    try:
        url = urlsplit(address)
        port = url.port
    except ValueError:
        return address
    if url.scheme not in ("", "http") or (url.hostname or "").rstrip(".") not in _HERE:
        return address
    port = port or 80
    host = name.host if port == name.port else name.sibling(port)
    tail = address.partition("//")[2]
    rest = tail[len(url.netloc) :]
    return f"{scheme}://{host}{rest or '/'}"


def _own_cookie(value: bytes) -> bytes | None:
    """A cookie for the port's own host alone, as ``Domain`` would give it to neighbours too."""
    first, *attributes = value.split(b";")
    if access.is_ours(first.partition(b"=")[0].decode("latin-1")):
        return None
    kept = [each for each in attributes if each.partition(b"=")[0].strip().lower() != b"domain"]
    return b";".join([first, *kept])


def _named_in_connection(headers: Iterable[tuple[bytes, bytes]]) -> set[str]:
    return {
        each.strip().lower()
        for key, value in headers
        if key.lower() == b"connection"
        for each in value.decode("latin-1").split(",")
    }
