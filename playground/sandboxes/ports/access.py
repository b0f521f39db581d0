"""Who may come in to a port.

The site's cookies stay with the site, as they are for its own host only. So it hands over: a page
of the site leads to the port's origin with a ticket, which is good for a minute and for that port
of that sandbox; there it becomes a pass, a cookie of that origin.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async
from django.core import signing
from django.utils import timezone

from playground.accounts.students import student_of
from playground.sandboxes import limits
from playground.sandboxes.models import Sandbox
from playground.sandboxes.ports.names import PortName, label_of, parse

ENTER = "/.playground/enter"
_TICKET_SALT, _PASS_SALT = "playground.port.ticket", "playground.port.pass"
_TICKET_WITHIN = 60
_COOKIE = "playground-port"
#: Seconds between looks whether a sandbox is still there, which also note that somebody uses it.
LOOK_AGAIN = 10.0
_MOST_KEPT = 5000

_seen: dict[str, tuple[float, bool]] = {}


@dataclass(frozen=True)
class Pass:
    """Leave to use one port of one sandbox."""

    sandbox: str
    port: int

    def is_for(self, name: PortName) -> bool:
        """Whether it is for what a host names."""
        return self.port == name.port and label_of(self.sandbox) == name.label

    def ticket(self, path: str) -> str:
        """The text by which a browser comes over from the site, to go on to a path."""
        return signing.dumps([self.sandbox, self.port, path], salt=_TICKET_SALT)

    def cookie(self, secure: bool) -> bytes:
        """The header that leaves the pass with the browser until that is closed."""
        value = signing.dumps([self.sandbox, self.port], salt=_PASS_SALT)
        flags = "Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
        return f"{cookie_name(secure)}={value}; {flags}".encode("ascii")


def may_open(session: Any, sandbox: Sandbox) -> bool:
    """Whether somebody may open the ports of a sandbox by themselves: its own student alone.

    Instructors of their class come through ``classes.live_views.port``.
    """
    student = student_of(session)
    return bool(student) and sandbox.owner == student and sandbox.state == Sandbox.State.READY


def cookie_name(secure: bool) -> str:
    """The pass's cookie; over TLS its name keeps neighbouring hosts from setting it."""
    return f"__Host-{_COOKIE}" if secure else _COOKIE


def is_ours(cookie: str) -> bool:
    """Whether a cookie of this name is the pass, in any of its forms."""
    return cookie.strip().lower() in (_COOKIE, f"__host-{_COOKIE}")


def read_ticket(text: str, name: PortName) -> tuple[Pass, str] | None:
    """A ticket's pass and the path to go on to; ``None`` if it is forged, old or not for here."""
    try:
        sandbox, port, path = signing.loads(text, salt=_TICKET_SALT, max_age=_TICKET_WITHIN)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    found = Pass(str(sandbox), int(port))
    return (found, local_path(str(path))) if found.is_for(name) else None


def read_pass(cookies: Iterable[tuple[str, str]], name: PortName, secure: bool) -> Pass | None:
    """The pass among a request's cookies. A neighbour may have added others of that name."""
    for each, value in cookies:
        if each != cookie_name(secure):
            continue
        age = limits.known("SANDBOX_LIFE_MINUTES") * 60
        try:
            sandbox, port = signing.loads(value, salt=_PASS_SALT, max_age=age)
        except (signing.BadSignature, ValueError, TypeError):
            continue
        found = Pass(str(sandbox), int(port))
        if found.is_for(name):
            return found
    return None


async def is_there(sandbox_id: str) -> bool:
    """Whether the sandbox is in use; notes now and then that somebody looks at it."""
    now = time.monotonic()
    looked, there = _seen.get(sandbox_id, (-LOOK_AGAIN, False))
    if now - looked >= LOOK_AGAIN or not there:
        if len(_seen) >= _MOST_KEPT:
            _seen.clear()
        there = await database_sync_to_async(_look)(sandbox_id)
        _seen[sandbox_id] = (now, there)
    return there


async def attend(sandbox_id: str) -> None:
    """Note for as long as something is open that somebody is there; return when it is over."""
    while await is_there(sandbox_id):
        await asyncio.sleep(2 * LOOK_AGAIN)


def _look(sandbox_id: str) -> bool:
    limits.value("SANDBOX_LIFE_MINUTES")  # for `read_pass`, which cannot ask the database
    ready = Sandbox.objects.filter(id=sandbox_id, state=Sandbox.State.READY)
    return bool(ready.update(last_seen=timezone.now()))


def is_foreign(headers: dict[bytes, bytes], method: str, name: PortName) -> bool:
    """Whether another origin's page sent the request with this browser's pass.

    Where ports and site share a domain, ``SameSite`` does not hold one student's page off another's
    port. Own ports of a sandbox may talk to each other; anybody may link to one.
    """
    if (origin := headers.get(b"origin", b"null")) != b"null":
        return not _is_label(origin, name)
    site = headers.get(b"sec-fetch-site", b"none")
    if site not in (b"same-site", b"cross-site"):
        return False
    is_link = headers.get(b"sec-fetch-mode") == b"navigate" and method in ("GET", "HEAD")
    if is_link and headers.get(b"sec-fetch-dest", b"document") == b"document":
        return False
    return not _is_label(headers.get(b"referer", b""), name)


def _is_label(address: bytes, name: PortName) -> bool:
    host = address.decode("latin-1").partition("://")[2].partition("/")[0]
    found = parse(host)
    return found is not None and found.label == name.label


def local_path(path: str) -> str:
    """A path of the same origin, ``/`` for whatever could lead elsewhere."""
    plain = path.startswith("/") and path.isascii() and path.isprintable()
    if not plain or path.startswith(("//", "/\\")) or len(path) > 2000 or " " in path:
        return "/"
    return path
