"""What the Docker CLI's own ``--help`` says, read into facts."""

from __future__ import annotations

import re
from dataclasses import dataclass

_USAGE = re.compile(r"^Usage:\s+docker((?: [a-z][a-z0-9-]*)*)", re.MULTILINE)
_SUMMARY = re.compile(r"^Usage:.*\n\n([^\n]+)$", re.MULTILINE)
_ALIASES = re.compile(r"^Aliases:\n\s+(.+)$", re.MULTILINE)
_COMMANDS = re.compile(r"^[A-Z][A-Za-z ]*Commands:\n((?:  .*\n?)+)", re.MULTILINE)
_PLAIN_COMMANDS = re.compile(r"^Commands:\n((?:  .*\n?)+)", re.MULTILINE)
_OPTION = re.compile(
    r"^ {2,6}(?:-(?P<short>\w), )?--(?P<name>[a-z0-9][a-zA-Z0-9-]*)"
    r"(?: (?P<kind>[^\s\[]+)(?:\[=.*?\])?)?(?: {2,}(?P<words>.*))?$"
)
_DEFAULT = re.compile(r"\(default:? (\"[^\"]*\"|[^()]*)\)")


@dataclass(frozen=True)
class HelpOption:
    """An option as the help lists it. ``kind`` is its value's, ``""`` for one that takes none."""

    name: str
    short: str
    kind: str
    default: str
    words: str


@dataclass(frozen=True)
class Help:
    """The help of one command."""

    #: The command's own name without ``docker``; the help of ``docker ps`` says ``container ls``.
    path: tuple[str, ...]
    aliases: tuple[tuple[str, ...], ...]
    commands: tuple[str, ...]
    options: tuple[HelpOption, ...]
    #: What the command does, in the help's words.
    summary: str = ""


def read(text: str) -> Help:
    """Read what ``docker … --help`` has printed. What is no help has no options and no commands."""
    used = _USAGE.search(text)
    usage = tuple(used[1].split()) if used else ()
    listed = _ALIASES.search(text)
    names = [tuple(name.split()[1:]) for name in listed[1].split(",")] if listed else []
    blocks = _COMMANDS.findall(text) + _PLAIN_COMMANDS.findall(text)
    commands = [line.split()[0] for block in blocks for line in block.splitlines() if line.strip()]
    return Help(
        path=names[0] if names else usage,
        aliases=tuple(dict.fromkeys([*names[1:], usage])) if names else (),
        commands=tuple(dict.fromkeys(name.rstrip("*") for name in commands)),
        options=tuple(_options(text)),
        summary=summary[1].strip() if (summary := _SUMMARY.search(text)) else "",
    )


def _options(text: str) -> list[HelpOption]:
    found: list[tuple[re.Match[str], list[str]]] = []
    for line in text.splitlines():
        if option := _OPTION.match(line):
            found.append((option, [option["words"] or ""]))
        elif found and line.startswith(" " * 8):
            found[-1][1].append(line.strip())
    return [_option(option, " ".join(words).strip()) for option, words in found]


def _option(option: re.Match[str], words: str) -> HelpOption:
    stated = _DEFAULT.search(words)
    default = stated[1].strip('"') if stated else ""
    return HelpOption(option["name"], option["short"] or "", option["kind"] or "", default, words)
