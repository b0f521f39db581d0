"""Which commands the installed Docker CLI has, and which options each takes.

``options.json`` is written by ``scripts/docker_options.py`` and tested against the CLI.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("options.json")

#: Options that the CLI takes and its help leaves out: older names of others.
_OLDER_OF_RUN = {"net": "network", "net-alias": "network-alias", "dns-opt": "dns-option"}
_OLDER_NAMES: dict[tuple[str, ...], dict[str, str]] = {
    ("container", "run"): _OLDER_OF_RUN,
    ("container", "create"): _OLDER_OF_RUN,
}

#: What people write for an option that has another name; no option of ``run`` is called so.
_MEANT = {
    "background": "detach",
    "bind": "volume",
    "cpu": "cpus",
    "daemon": "detach",
    "delete": "rm",
    "dir": "workdir",
    "directory": "workdir",
    "environment": "env",
    "group": "group-add",
    "host": "hostname",
    "mem": "memory",
    "port": "publish",
    "ports": "publish",
    "readonly": "read-only",
    "remove": "rm",
    "terminal": "tty",
    "variable": "env",
}


@dataclass(frozen=True)
class OptionSpec:
    """One option: ``kind`` is the type of its value as the help names it, ``""`` for a switch."""

    name: str
    short: str
    kind: str
    default: str

    @property
    def takes_value(self) -> bool:
        """Whether a value belongs to it."""
        return self.kind != ""

    @property
    def is_repeatable(self) -> bool:
        """Whether it can be given several times, each with its own effect."""
        return self.kind in _LISTS

    @property
    def spelled(self) -> str:
        """Its name as it is typed."""
        return f"--{self.name}"


_LISTS = frozenset(
    {"list", "map", "strings", "stringArray", "mount", "network", "ulimit", "filter", "gpu-request"}
)

HELP = OptionSpec("help", "", "", "")


@dataclass(frozen=True)
class CommandSpec:
    """One command of the CLI and its options by long name."""

    path: tuple[str, ...]
    options: Mapping[str, OptionSpec]

    def long(self, name: str) -> OptionSpec | None:
        """The option of that long name, or of an older one."""
        name = _OLDER_NAMES.get(self.path, {}).get(name, name)
        return self.options.get(name) or (HELP if name == "help" else None)

    def short(self, letter: str) -> OptionSpec | None:
        """The option of that letter."""
        found = (option for option in self.options.values() if option.short == letter)
        return next(found, HELP if letter == "h" else None)

    def nearest(self, written: str, most: int = 3) -> tuple[str, ...]:
        """The options that somebody who wrote ``--written`` may have meant, best first."""
        names = {name: name for name in self.options}
        names |= {word: name for word, name in _MEANT.items() if name in self.options}
        close = difflib.get_close_matches(written.lower(), names, n=2 * most, cutoff=0.6)
        if not close:
            close = [name for name in names if len(written) > 2 and written.lower() in name]
        return tuple(dict.fromkeys(f"--{names[name]}" for name in close))[:most]


@cache
def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return facts


@cache
def command(path: tuple[str, ...]) -> CommandSpec | None:
    """The command of that canonical path (``()`` is ``docker`` itself)."""
    options = _facts()["commands"].get(" ".join(path))
    if options is None:
        return None
    specs = {name: OptionSpec(name, *facts) for name, facts in options.items()}
    return CommandSpec(path, specs)


def canonical(path: Iterable[str]) -> tuple[str, ...]:
    """A command's own name: ``ps`` is ``container ls``. One that is unknown stays as it is."""
    name = " ".join(path)
    return tuple(_facts()["aliases"].get(name, name).split())


@cache
def paths() -> tuple[tuple[str, ...], ...]:
    """The canonical paths of all commands."""
    return tuple(tuple(name.split()) for name in _facts()["commands"])


@cache
def commands_in(group: tuple[str, ...]) -> tuple[str, ...]:
    """The names that may follow a group's (``container``): its commands and their aliases."""
    facts = _facts()
    names = (tuple(name.split()) for name in (*facts["commands"], *facts["aliases"]))
    return tuple(dict.fromkeys(n[-1] for n in names if n and n[:-1] == group))
