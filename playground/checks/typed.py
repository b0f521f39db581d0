"""Whether a command line was typed, looked at as Docker's own command line understands it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from playground.checks.spec import Typed
from playground.checks.verdict import HOLDS, Missing, Verdict, absent
from playground.dockerline.command import Command
from playground.dockerline.match import matches
from playground.dockerline.options import canonical
from playground.dockerline.parse import parse


@dataclass(frozen=True)
class Line:
    """A line that was typed at the host's prompt, and what came of it."""

    text: str
    #: ``None`` while it runs.
    exit_code: int | None = None


def typed(wanted: Typed, lines: Sequence[Line]) -> Verdict:
    """Look for a line that fits, or the newest that comes near."""
    nearest: Verdict | None = None
    for line in reversed(lines):
        for command in parse(line.text):
            if not _is_meant(wanted, command):
                continue
            problems = _problems(wanted, command, line)
            if not problems:
                return HOLDS
            nearest = nearest or Verdict(False, True, tuple(problems))
    return nearest or absent("not-typed", command=_name(wanted))


def _name(wanted: Typed) -> str:
    return f"docker {wanted.docker}" if wanted.docker else str(wanted.program)


def _is_meant(wanted: Typed, command: Command) -> bool:
    if wanted.docker:
        return command.is_docker and command.path == canonical(wanted.docker.split())
    return not command.is_docker and command.arguments[:1] == [wanted.program]


def _problems(wanted: Typed, command: Command, line: Line) -> list[Missing]:
    found: list[Missing] = []
    options = {**wanted.options, **dict.fromkeys(wanted.without, False)}
    for each in matches(command, {"options": options}):
        option = f"--{each.what}"
        if not each.wanted:
            found.append(Missing.of("option-unwanted", option=option))
        elif not command.given(each.what):
            found.append(Missing.of("option-missing", option=option, command=_name(wanted)))
        else:
            have = command.value(each.what) or ""
            found.append(Missing.of("option-value", option=option, have=have, wanted=each.wanted))
    arguments = command.arguments if wanted.docker else command.arguments[1:]
    if arguments[: len(wanted.arguments)] != wanted.arguments:
        found.append(
            Missing.of(
                "arguments", have=" ".join(arguments) or "–", wanted=" ".join(wanted.arguments)
            )
        )
    if wanted.exit_code is not None and line.exit_code is None:
        found.append(Missing.of("still-runs", command=_name(wanted)))
    elif wanted.exit_code is not None and line.exit_code != wanted.exit_code:
        found.append(Missing.of("command-code", have=line.exit_code, wanted=wanted.exit_code))
    return found
