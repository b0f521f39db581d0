"""The host names of ports: ``<port>--<label>.<PORT_DOMAIN>``.

The label stands for a sandbox and says nothing of its id; all ports of a sandbox have the same.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass

from django.conf import settings

_LABEL_BYTES = 10  # 16 letters: as many as nobody guesses, and short enough to read
#: Whatever looks like a port's name, so that it is never taken for the site's.
_LIKE = re.compile(r"[0-9]*--[^.]*\.")
_NAME = re.compile(r"([1-9][0-9]{0,4})--([a-z2-7]{16})")
#: A host as a browser writes it, with the port that the site has.
_HOST = re.compile(r"([a-z0-9.-]{1,255})(:[0-9]{1,5})?")


@dataclass(frozen=True)
class PortName:
    """What a host name says: which port, of the sandbox with which label."""

    port: int
    label: str
    #: The host with its port as the browser sent it, in small letters.
    host: str

    def sibling(self, port: int) -> str:
        """The host of another port of the same sandbox."""
        return f"{port}{self.host[len(str(self.port)) :]}"


def label_of(sandbox_id: str) -> str:
    """The label of a sandbox."""
    said = f"playground.port.label:{sandbox_id}".encode()
    mac = hmac.digest(settings.SECRET_KEY.encode(), said, "sha256")
    return base64.b32encode(mac[:_LABEL_BYTES]).decode().lower()


def host_of(sandbox_id: str, port: int, site_host: str) -> str:
    """The host of a port, for a browser that has reached the site at ``site_host``."""
    domain: str = settings.PORT_DOMAIN
    if ":" not in domain and (found := re.search(r":[0-9]{1,5}\Z", site_host)):
        domain += found[0]
    return f"{port}--{label_of(sandbox_id)}.{domain}"


def is_like_port(host: str) -> bool:
    """Whether a host must not be the site's: it is below the ports' domain and looks like one."""
    name = host.strip().lower().partition(":")[0].rstrip(".")
    return name.endswith(f".{_domain()}") and bool(_LIKE.match(name))


def parse(host: str) -> PortName | None:
    """What a ``Host`` header names, ``None`` if no port can have this name."""
    found = _HOST.fullmatch(host.lower())
    if found is None or not found[1].endswith(f".{_domain()}"):
        return None
    name = _NAME.fullmatch(found[1].removesuffix(f".{_domain()}"))
    if name is None or int(name[1]) >= 1 << 16:
        return None
    return PortName(int(name[1]), name[2], host.lower())


def _domain() -> str:
    domain: str = settings.PORT_DOMAIN
    return domain.partition(":")[0]
