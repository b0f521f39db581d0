"""Whether somebody typed the command that was wanted, however they spelled it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from playground.dockerline.command import Command
from playground.dockerline.options import canonical
from playground.dockerline.reference import full_name


class Wanted(TypedDict, total=False):
    """A command as it should be. What is not named may be as it likes."""

    #: ``run`` or ``container run``.
    command: str
    #: By long name: ``True`` (on, or with any value), ``False`` (not given), or the value; of an
    #: option that can be repeated, a list of which each must be there.
    options: Mapping[str, bool | str | Sequence[str]]
    image: str
    #: What follows the options; of ``run`` what follows the image.
    arguments: Sequence[str]


@dataclass(frozen=True)
class Mismatch:
    """Something that was wanted and is not so. ``what`` is ``command``, ``image``, ``arguments``
    or an option's long name; ``wanted`` and ``given`` are for showing.
    """

    what: str
    wanted: str
    given: str


def matches(command: Command, wanted: Wanted) -> list[Mismatch]:
    """What differs from the wanted command; empty if it is that one."""
    found: list[Mismatch] = []
    if "command" in wanted and command.path != canonical(wanted["command"].split()):
        return [Mismatch("command", wanted["command"], " ".join(command.path))]
    for name, value in wanted.get("options", {}).items():
        found += _option(command, name, value)
    image = command.image.text if command.image else ""
    if "image" in wanted and full_name(image) != full_name(wanted["image"]):
        found.append(Mismatch("image", wanted["image"], image))
    if "arguments" in wanted:
        given = command.arguments[1:] if command.runs_image else command.arguments
        if given != list(wanted["arguments"]):
            found.append(Mismatch("arguments", " ".join(wanted["arguments"]), " ".join(given)))
    return found


def _option(command: Command, name: str, wanted: bool | str | Sequence[str]) -> list[Mismatch]:
    given = command.given(name)
    values = [option.value or "" for option in given]
    said = " ".join(f"{option.given_as} {option.value or ''}".strip() for option in given)
    if isinstance(wanted, bool):
        is_on = bool(given) and (given[-1].is_on or _takes_value(command, name))
        return [] if is_on == wanted else [Mismatch(name, "" if not wanted else "on", said)]
    if isinstance(wanted, str):
        return [] if wanted in values else [Mismatch(name, wanted, said)]
    return [Mismatch(name, value, said) for value in wanted if value not in values]


def _takes_value(command: Command, name: str) -> bool:
    return any(o.spec is not None and o.spec.takes_value for o in command.given(name))
