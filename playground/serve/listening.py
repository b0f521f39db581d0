"""The site's listening socket, which outlives the web process and a restart of the service.

The supervisor opens it and web processes inherit it: while one is started again, browsers and
proxies wait in the kernel's queue instead of being refused. systemd keeps it over a restart of the
whole service (its file descriptor store, sd_notify(3) and sd_pass_fds: ``FDSTORE=1``), and gives
it back at the next start.
"""

from __future__ import annotations

import array
import errno
import os
import socket
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any

from honcho.process import Popen, Process

from playground.runtime.errors import SandboxError

#: Connections that wait while no web process takes them, bounded by ``net.core.somaxconn``.
_BACKLOG = 2048
#: The first descriptor that systemd passes on (SD_LISTEN_FDS_START).
_FIRST = 3
_NAME = "web"


def listen(host: str, port: int, environ: Mapping[str, str] = os.environ) -> socket.socket:
    """The socket that systemd has kept for an address, else a new one; raises ``SandboxError``."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise SandboxError(f"{host!r} is no address: {error.strerror}", "Mend BIND") from None
    found = _kept(address, environ)
    if found is None:
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind(address)
            found.listen(_BACKLOG)
        except OSError as error:
            found.close()
            if error.errno == errno.EADDRINUSE:
                mend = f"Stop what uses it, or PORT={port + 1}"
                raise SandboxError(f"Port {port} is in use", mend) from None
            raise SandboxError(f"{host}:{port}: {error.strerror}", "Mend BIND or PORT") from None
        _keep(found, environ)
    return found


def _kept(address: Any, environ: Mapping[str, str]) -> socket.socket | None:
    """The one among those passed on that listens there; the others are let go."""
    if environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    count = environ.get("LISTEN_FDS", "")
    wanted = None
    for number in range(_FIRST, _FIRST + (int(count) if count.isdigit() else 0)):
        with suppress(OSError):
            each = socket.socket(fileno=number)
            if wanted is None and each.getsockname() == address:
                wanted = each
                each.set_inheritable(False)
            else:
                each.close()
    return wanted


def _keep(listening: socket.socket, environ: Mapping[str, str]) -> None:
    """Have systemd hold it, where it is there; what it held by this name before is let go."""
    where = environ.get("NOTIFY_SOCKET", "")
    if not where:
        return
    where = "\0" + where[1:] if where.startswith("@") else where
    words = f"FDSTORE=1\nFDNAME={_NAME}\nFDPOLL=0".encode()
    descriptors = array.array("i", [listening.fileno()])
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.connect(where)
        # An address of before, if BIND or PORT have changed.
        notify.send(f"FDSTOREREMOVE=1\nFDNAME={_NAME}".encode())
        notify.sendmsg([words], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])


def forget_systemd(environ: MutableMapping[str, str]) -> None:
    """Take out what was for this process alone: crun and others would take it for theirs."""
    for name in ("NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        environ.pop(name, None)


def passing(descriptor: int) -> type[Process]:
    """Honcho's process whose command inherits the descriptor."""

    class Passing(Process):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._child_ctor = _popen

    def _popen(command: str, **options: Any) -> Popen:
        return Popen(command, pass_fds=(descriptor,), **options)

    return Passing
