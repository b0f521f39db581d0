"""The value of options that have a form of their own: ports, mounts, and the name of an image."""

from __future__ import annotations

import csv
import ipaddress
import re
from dataclasses import dataclass, field

#: A port, or several: ``8000-8010``.
_PORTS = re.compile(r"\d{1,5}(?:-\d{1,5})?\Z")
_PROTOCOLS = ("tcp", "udp", "sctp")
_MOST_PORT = 65535


@dataclass(frozen=True)
class Port:
    """What ``-p`` publishes. ``host`` is ``""`` where Docker picks a free port."""

    container: str
    host: str = ""
    address: str = ""
    protocol: str = "tcp"

    @property
    def is_range(self) -> bool:
        """Whether it is several ports at once."""
        return "-" in self.container


def _is_ports(text: str) -> bool:
    if not _PORTS.match(text):
        return False
    numbers = [int(number) for number in text.split("-")]
    return numbers[-1] <= _MOST_PORT and numbers == sorted(numbers)


def port(value: str) -> Port | None:
    """Read ``[address:][host:]container[/protocol]``; ``None`` if it is not of that form."""
    ports, slash, protocol = value.partition("/")
    *rest, container = ports.rsplit(":", 2)
    host = rest.pop() if rest else ""
    address = rest.pop() if rest else ""
    right = (not host or _is_ports(host)) and _is_ports(container)
    # Many ports need as many; one can have any of many.
    right = right and (not host or _count(container) in (1, _count(host)))
    right &= protocol in _PROTOCOLS or not slash
    right &= not address or _is_address(address)
    host = "" if host == "0" else host
    return Port(container, host, address, protocol or "tcp") if right else None


def _count(ports: str) -> int:
    first, _dash, last = ports.partition("-")
    return int(last or first) - int(first) + 1


def _is_address(text: str) -> bool:
    """Whether it is an IPv4 address, or one of IPv6 in brackets."""
    in_brackets = text.startswith("[") and text.endswith("]")
    try:
        if in_brackets:
            ipaddress.IPv6Address(text[1:-1])
        else:
            ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Mount:
    """What ``-v`` or ``--mount`` shows in the container."""

    #: ``bind`` (a folder of the host), ``volume`` or ``tmpfs``; of others as written.
    kind: str
    target: str
    #: Path or name; ``""`` for a volume without a name.
    source: str = ""
    read_only: bool = False
    options: tuple[str, ...] = field(default=())


def volume(value: str) -> Mount | None:
    """Read ``-v``'s ``[source:]target[:options]``; ``None`` if it is not of that form."""
    # A colon inside $(…) or ${…} is the shell's.
    parts = re.split(r":(?![^({]*[)}])", value)
    if len(parts) > 3 or not all(parts):
        return None
    if len(parts) == 1:
        return Mount("volume", parts[0]) if _is_path(parts[0]) else None
    source, target, *rest = parts
    options = tuple(rest[0].split(",")) if rest else ()
    if not _is_path(target):
        return None
    kind = "bind" if _is_path(source) else "volume"
    return Mount(kind, target, source, "ro" in options or "readonly" in options, options)


def _is_path(text: str) -> bool:
    return text.startswith(("/", ".", "~", "$", "`"))


_SOURCES = ("source", "src")
_TARGETS = ("target", "destination", "dst")


def mount(value: str) -> Mount | None:
    """Read ``--mount``'s ``type=…,source=…,target=…``; ``None`` if it is not of that form."""
    try:
        words = next(csv.reader([value]), [])
    except csv.Error:
        return None
    pairs = dict((*word.partition("=")[::2],) for word in words)
    target = next((pairs[name] for name in _TARGETS if pairs.get(name)), "")
    source = next((pairs[name] for name in _SOURCES if pairs.get(name)), "")
    if not target:
        return None
    said = [pairs[name] for name in ("readonly", "ro") if name in pairs]
    read_only = any(text in ("", "true", "1") for text in said)
    return Mount(pairs.get("type") or "volume", target, source, read_only, tuple(words))


@dataclass(frozen=True)
class Image:
    """The parts of an image's name."""

    registry: str
    repository: str
    tag: str
    digest: str = ""

    @property
    def tag_or_default(self) -> str:
        """The tag that Docker takes."""
        return self.tag or ("" if self.digest else "latest")


def image(text: str) -> Image:
    """Take an image's name apart: ``[registry/]repository[:tag][@digest]``."""
    name, _, digest = text.partition("@")
    head, slash, _rest = name.partition("/")
    registry = ""
    if slash and ("." in head or ":" in head or head == "localhost"):
        registry, name = head, name[len(head) + 1 :]
    repository, colon, tag = name.rpartition(":")
    if not colon:
        repository, tag = name, ""
    return Image(registry, repository, tag, digest)


def full_name(text: str) -> str:
    """An image's name with its tag, without the parts that Docker adds by itself.

    ``nginx``, ``nginx:latest`` and ``docker.io/library/nginx`` are the same image.
    """
    found = image(text.removeprefix("docker.io/").removeprefix("library/"))
    name = f"{found.registry}/{found.repository}" if found.registry else found.repository
    tag = f":{found.tag_or_default}" if found.tag_or_default else ""
    return name + tag + (f"@{found.digest}" if found.digest else "")


_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<name>{_COMPONENT}(?:/{_COMPONENT})*)(?P<tag>:\w[\w.-]{{0,127}})?"
    r"(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?\Z",
    re.ASCII,
)
_REGISTRY = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d+)?\Z"
)
_MOST_NAME = 255


def is_image(text: str) -> bool:
    """Whether a text can name an image at all."""
    registry = image(text).registry
    if registry and not _REGISTRY.match(registry):
        return False
    found = _REFERENCE.match(text[len(registry) + 1 :] if registry else text)
    return found is not None and len(found["name"]) <= _MOST_NAME


_UNITS = {"": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_BYTES = re.compile(r"(\d+(?:\.\d*)?)\s?([kmgtp]?)i?b?\Z", re.IGNORECASE)


def size(value: str) -> int | None:
    """How many bytes ``512m`` is: units are powers of 1024. ``None`` if it is no size."""
    found = _BYTES.match(value)
    return int(float(found[1]) * 1024 ** _UNITS[found[2].lower()]) if found else None
