"""The manual's words: what the installed Docker CLI's own help says of each option."""

from __future__ import annotations

from playground.dockerline import help_text, installed
from playground.dockerline.help_text import Help
from playground.runtime import hostimage
from playground.runtime.config import RuntimeConfig

_read: dict[tuple[str, ...], Help] = {}


def of(path: tuple[str, ...]) -> Help | None:
    """The help of a command; ``None`` where the CLI is not installed. Each is asked for once."""
    if path not in _read:
        rootfs = hostimage.path(RuntimeConfig.from_environ())
        try:
            _read[path] = help_text.read(installed.help_of(rootfs, path))
        except installed.NoDocker:
            return None
    return _read[path]


def words(path: tuple[str, ...], name: str) -> str:
    """What the help says of an option; ``""`` if it cannot be had."""
    found = of(path)
    listed = found.options if found else ()
    return next((option.words for option in listed if option.name == name), "")


def summary(path: tuple[str, ...]) -> str:
    """What the help says of the command itself."""
    found = of(path)
    return found.summary if found else ""
