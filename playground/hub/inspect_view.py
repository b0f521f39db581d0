"""What the engine notes of one container, bounded, for the page that explains its command."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from playground.runtime.engine import BAD_SHAPE
from playground.runtime.sandbox import Sandbox

#: What is passed on of ``docker inspect``; the rest is of no use to a reader of a command.
_KEPT = (
    "Id", "Name", "Created", "Image", "Platform", "Path", "Args", "RestartCount", "State",
    "Config", "HostConfig", "Mounts", "NetworkSettings",
)  # fmt: skip
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}\Z")
_DEEPEST = 6
_MOST_ENTRIES = 64
_MOST_VALUES = 3000
_TEXT = 300
#: Containers that are looked through for one of an image.
_MOST_CONTAINERS = 60


def inspect(sandbox: Sandbox, name: str, image: str) -> dict[str, Any]:
    """Return ``{"container": …}``: that of the name, else the newest one of the image, or ``None``.

    Never raises for a bad engine: what it says is cut to a few thousand short values.
    """
    try:
        which = name if _NAME.match(name) else "" if name else _newest(sandbox, image)
        if not which:
            return {"container": None}
        document = sandbox.engine_get(f"/containers/{quote(which, safe='')}/json", 5.0)
        kept = {key: document[key] for key in _KEPT if key in document}
        return {"container": _Bound().bound(kept)}
    except BAD_SHAPE:
        return {"container": None}


def _newest(sandbox: Sandbox, image: str) -> str:
    listed = sandbox.engine_get("/containers/json?all=1", 5.0)
    for container in listed[:_MOST_CONTAINERS]:  # the engine names the newest first
        if container["Image"] == image and _NAME.match(container["Id"]):
            return str(container["Id"])
    return ""


class _Bound:
    """Cuts a document down; what is too deep or too much becomes ``None``."""

    def __init__(self) -> None:
        self.left = _MOST_VALUES

    def bound(self, value: object, depth: int = 0) -> Any:
        self.left -= 1
        if self.left < 0 or depth > _DEEPEST:
            return None
        if isinstance(value, dict):
            pairs = list(value.items())[:_MOST_ENTRIES]
            return {str(key)[:_TEXT]: self.bound(each, depth + 1) for key, each in pairs}
        if isinstance(value, list):
            return [self.bound(each, depth + 1) for each in value[:_MOST_ENTRIES]]
        if isinstance(value, str):
            return value[:_TEXT]
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int) and abs(value) < 1 << 63:
            return value
        return None
