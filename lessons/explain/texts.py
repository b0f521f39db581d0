"""What each option means, in our own words: the files in ``texts/``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import tomli

from lessons.format import LANGUAGES

FOLDER = Path(__file__).parent / "texts"
#: The commands whose options have texts: both make a container, with the same options.
WITH_TEXTS = (("container", "run"), ("container", "create"))


@dataclass(frozen=True)
class OptionText:
    """An option in plain words."""

    means: str
    #: What holds where it is not given.
    default: str


@cache
def _read(name: str) -> dict[str, Any]:
    return tomli.loads((FOLDER / name).read_text(encoding="utf-8"))


@cache
def options(language: str) -> Mapping[str, OptionText]:
    """The texts of ``docker run``'s options by long name, in a language of the lessons."""
    assert language in LANGUAGES
    return {name: OptionText(**text) for name, text in _read(f"run.{language}.toml").items()}


def option(path: tuple[str, ...], name: str, language: str) -> OptionText | None:
    """The text of one command's option, if it has one."""
    return options(language).get(name) if path in WITH_TEXTS else None


def example(path: tuple[str, ...], name: str) -> str:
    """The option as it could be typed."""
    return str(_read("examples.toml").get(name, "")) if path in WITH_TEXTS else ""


def command(path: tuple[str, ...], language: str) -> str:
    """What a command does; ``""`` for those without a text."""
    return str(_read("commands.toml").get(" ".join(path), {}).get(language, ""))
