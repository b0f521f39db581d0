"""From the installed CLI's help to ``options.json``: names and types, not the help's sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playground.dockerline import help_text, installed

_DEEPEST = 3


def crawl(rootfs: Path) -> dict[str, dict[str, object]]:
    """Ask every command for its help; return ``commands`` and ``aliases`` as in ``options.json``.

    Raises ``NoDocker``.
    """
    commands: dict[str, object] = {}
    aliases: dict[str, str] = {}
    for asked, found in _helps(rootfs):
        name = " ".join(found.path)
        commands[name] = {
            option.name: [option.short, option.kind, option.default] for option in found.options
        }
        for other in (asked, *found.aliases):
            if other != found.path:
                aliases[" ".join(other)] = name
    return {"commands": dict(sorted(commands.items())), "aliases": dict(sorted(aliases.items()))}


def text(facts: dict[str, dict[str, object]]) -> str:
    """The facts as JSON, a command a line, so that a change can be read."""
    parts = []
    for name, table in facts.items():
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(table[key])}" for key in table)
        parts.append(f"{json.dumps(name)}: {{\n{lines}\n}}")
    return "{" + ",\n".join(parts) + "}\n"


def _helps(rootfs: Path) -> Iterator[tuple[tuple[str, ...], help_text.Help]]:
    level: list[tuple[str, ...]] = [()]
    with ThreadPoolExecutor(2) as threads:
        for _ in range(_DEEPEST + 1):
            helps = threads.map(lambda path: installed.help_of(rootfs, path), level)
            read = [(path, help_text.read(text)) for path, text in zip(level, helps, strict=True)]
            yield from read
            level = [(*path, name) for path, found in read for name in found.commands]
