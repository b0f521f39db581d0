"""A lesson while it is being made of a source."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field


@dataclass
class DraftStep:
    """A step: its title and its Markdown without the title."""

    title: str
    lines: list[str]


@dataclass
class Draft:
    """What ``writer`` writes."""

    title: str = ""
    summary: str = ""
    level: str = "beginner"
    minutes: int = 0
    tags: list[str] = field(default_factory=list)
    steps: list[DraftStep] = field(default_factory=list)
    #: Scripts of checks by the check's name.
    checks: dict[str, str] = field(default_factory=dict)
    setup: str = ""
    #: Images of the catalogue that it uses.
    images: list[str] = field(default_factory=list)
    #: Pictures by the name that the steps have for them.
    pictures: dict[str, bytes] = field(default_factory=dict)


class Names:
    """Makes names that are unique among those it has made."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def new(self, text: str, otherwise: str) -> str:
        """Return a slug of a text, or of ``otherwise`` where nothing of it can be in a slug."""
        base = slug(text) or otherwise
        name, number = base, 2
        while name in self._given:
            name, number = f"{base[:55]}-{number}", number + 1
        self._given.add(name)
        return name

    def forget(self, name: str) -> None:
        """A name is free again."""
        self._given.discard(name)


def slug(text: str) -> str:
    """Return the Latin letters and digits of a text with dashes between, at most 50."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:50].strip("-")


def fenced(info: str, text: str, prefix: str = "") -> list[str]:
    """Return a code block that no line of its text can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = text.rstrip("\n").split("\n")
    return [f"{prefix}{line}".rstrip() for line in (f"{fence}{info}", *lines, fence)]


def no_block(line: str) -> str:
    """Return a line so that it opens or closes no block of a lesson."""
    return line.replace(":::", "\\:::", 1) if line.lstrip().startswith(":::") else line
