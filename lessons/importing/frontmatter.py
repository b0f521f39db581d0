"""The YAML at the head of a page of Jekyll's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from lessons.importing.dialect import Line
from lessons.importing.prepare import numbered
from lessons.importing.source import BadSource, Place

_MOST = 20_000
_RULE = re.compile(r"---\s*$")


@dataclass(frozen=True)
class FrontMatter:
    """Its values, the line of each, and the lines of the page below it."""

    values: dict[str, Any]
    places: dict[str, Place]
    body: list[Line]


def read(text: str, file: str) -> FrontMatter:
    """Read a page; raises ``BadSource`` for bad YAML. A page without any has no values."""
    lines = numbered(text)
    if not lines or not _RULE.match(lines[0].text):
        return FrontMatter({}, {}, lines)
    end = next((n for n in range(1, len(lines)) if _RULE.match(lines[n].text)), 0)
    if not end:
        raise BadSource(Place(file, 1), "nothing ends the front matter that begins here")
    head = "\n".join(line.text for line in lines[1:end])
    if len(head) > _MOST:
        raise BadSource(Place(file, 1), f"the front matter is longer than {_MOST} characters")
    try:
        # An alias can stand for more than memory holds.
        for event in yaml.parse(head, yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 2 if event.start_mark else 1
                raise BadSource(Place(file, line), "an alias (*name) is not taken")
        node = yaml.compose(head, yaml.SafeLoader)
        values = yaml.safe_load(head)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or str(error).splitlines()[0]
        place = Place(file, (mark.line if mark else 0) + 2)
        raise BadSource(place, f"this is no YAML: {why}") from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, BadSource):
            raise
        raise BadSource(Place(file, 1), f"this is no YAML: {error}") from None
    if values is None:
        return FrontMatter({}, {}, lines[end + 1 :])
    if not isinstance(values, dict) or not isinstance(node, yaml.MappingNode):
        raise BadSource(Place(file, 2), "the front matter must be a table of names and values")
    places = {
        str(getattr(key, "value", "")): Place(file, key.start_mark.line + 2)
        for key, _ in node.value
    }
    return FrontMatter({str(key): value for key, value in values.items()}, places, lines[end + 1 :])
