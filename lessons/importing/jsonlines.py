"""JSON with the line of each of its values, and what of it somebody has asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lessons.importing.report import Report
from lessons.importing.source import BadSource, Place

Path = tuple[str | int, ...]

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_MOST_DEPTH = 40


class JsonFile:
    """A JSON file whose values are taken one by one; what nobody took can be listed."""

    def __init__(self, name: str, text: str, report: Report) -> None:
        self.name = name
        try:
            self.value = json.loads(text, parse_constant=str)
        except json.JSONDecodeError as error:
            place = Place(name, error.lineno)
            raise BadSource(place, f"this is no JSON: {error.msg}") from None
        except RecursionError:
            raise BadSource(Place(name), "this JSON is nested too deep") from None
        self._lines: dict[Path, int] = {}
        self._taken: set[Path] = set()
        for path, line in _walk(text, name):
            if path in self._lines:
                report.lose(
                    Place(name, self._lines[path]), _shown(path), "a later line says it too"
                )
            self._lines[path] = line
        if not isinstance(self.value, dict):
            raise BadSource(Place(name, 1), "this is no JSON object")

    def place(self, *path: str | int) -> Place:
        """Where a value stands, or the nearest one around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return Place(self.name, self._lines.get(path, 1))

    def get(self, *path: str | int) -> Any:
        """Return a value without taking it, ``None`` if it is not there."""
        value = self.value
        for key in path:
            if isinstance(value, dict):
                value = value.get(key)
            elif isinstance(value, list) and isinstance(key, int) and key < len(value):
                value = value[key]
            else:
                return None
        return value

    def text(self, *path: str | int) -> str:
        """Take a text, ``""`` if it is not there; raises ``BadSource`` if it is something else."""
        value = self.get(*path)
        if value is None:
            return ""
        if isinstance(value, (int, float)):
            value = str(value)
        if not isinstance(value, str):
            raise BadSource(self.place(*path), f"{_shown(path)} must be a text")
        self._taken.add(path)
        # What JSON may say and UTF-8 may not.
        return value.encode(errors="replace").decode().replace("\0", "\ufffd")

    def items(self, *path: str | int) -> int:
        """Return the number of a list's objects; raises ``BadSource`` if it is something else."""
        value = self.get(*path)
        if value is None:
            return 0
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise BadSource(self.place(*path), f"{_shown(path)} must be a list of objects")
        return len(value)

    def table(self, *path: str | int) -> dict[str, Any]:
        """Return an object, empty if it is not there; raises ``BadSource`` otherwise."""
        value = self.get(*path)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise BadSource(self.place(*path), f"{_shown(path)} must be an object")
        return value

    def leave(self, report: Report) -> None:
        """Report every value that was not taken."""
        for path, value in _leaves(self.value, ()):
            if path not in self._taken:
                what = f"{_shown(path)} = {json.dumps(value, ensure_ascii=False)}"
                report.lose(self.place(*path), what, "nothing here corresponds to it")


def _shown(path: Path) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _leaves(inner, (*path, number))
    elif value not in ({}, [], "", None):
        yield path, value


def _walk(text: str, name: str) -> Iterator[tuple[Path, int]]:
    """The path and line of each value of a text that is known to be JSON."""
    path: list[str | int] = []
    lists: list[bool] = []
    key_next = False
    line, seen = 1, 0
    for piece in _PIECE.finditer(text):
        line, seen = line + text.count("\n", seen, piece.start()), piece.start()
        word = piece[0]
        if word in "]}":
            lists.pop()
            if not key_next:  # else it is empty, and no key of it was gone into
                path.pop()
            key_next = False
        elif word == ",":
            if lists[-1]:
                path[-1] = int(path[-1]) + 1
            else:
                path.pop()
                key_next = True
        elif word == ":":
            key_next = False
        elif key_next:
            path.append(json.loads(word))
        else:
            yield tuple(path), line
            if word in "[{":
                if len(lists) >= _MOST_DEPTH:
                    raise BadSource(Place(name, line), "this JSON is nested too deep")
                lists.append(word == "[")
                key_next = word == "{"
                if word == "[":
                    path.append(0)
