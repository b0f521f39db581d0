"""What a paragraph of a source is made of once its markers and its HTML are read."""

from __future__ import annotations

from dataclasses import dataclass

from lessons.importing.dialect import Mark


@dataclass
class Action:
    """A piece of code in a sentence that has a mark behind it."""

    code: str
    mark: Mark


@dataclass
class Listing:
    """A code block that HTML made; ``info`` is what stands behind its fence."""

    info: str
    text: str
    line: int


@dataclass
class HintOpens:
    """``<details>``."""

    line: int


@dataclass
class Summary:
    """``<summary>``: the title of the hint that has just opened."""

    text: str


@dataclass
class HintEnds:
    """``</details>``."""


Piece = str | Action | Listing | HintOpens | Summary | HintEnds
