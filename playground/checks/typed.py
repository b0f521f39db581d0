"""Whether a command line was typed, looked at as Docker's own command line understands it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from playground.checks.spec import Typed
from playground.checks.verdict import HOLDS, Missing, Verdict, absent
from playground.dockerline.command import Command
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


@lru_cache(maxsize=256)
def path_of(docker: str) -> tuple[str, ...]:
    """The command's own name: ``docker ps`` is ``docker container ls``."""
    found = parse(f"docker {docker}")
    return found[0].path if found else ()


def _is_meant(wanted: Typed, command: Command) -> bool:
    if wanted.docker:
        return command.is_docker and command.path == path_of(wanted.docker)
    return not command.is_docker and command.arguments[:1] == [wanted.program]


def _problems(wanted: Typed, command: Command, line: Line) -> list[Missing]:
    found: list[Missing] = []
    for name, value in wanted.options.items():
        given = command.given(name)
        if value is False:
            if any(option.is_on for option in given):
                found.append(Missing.of("option-unwanted", option=f"--{name}"))
        elif not given:
            found.append(Missing.of("option-missing", option=f"--{name}", command=_name(wanted)))
        elif value is not True and value not in [option.value for option in given]:
            have = given[-1].value or ""
            found.append(Missing.of("option-value", option=f"--{name}", have=have, wanted=value))
    for name in wanted.without:
        if any(option.is_on for option in command.given(name)):
            found.append(Missing.of("option-unwanted", option=f"--{name}"))
    arguments = command.arguments if wanted.docker else command.arguments[1:]
    if arguments[: len(wanted.arguments)] != wanted.arguments:
        found.append(
            Missing.of(
                "arguments", have=" ".join(arguments) or "–", wanted=" ".join(wanted.arguments)
            )
        )
    if wanted.exit_code is not None and line.exit_code != wanted.exit_code:
        if line.exit_code is None:
            found.append(Missing.of("still-runs", command=_name(wanted)))
        else:
            found.append(Missing.of("command-code", have=line.exit_code, wanted=wanted.exit_code))
    return found
