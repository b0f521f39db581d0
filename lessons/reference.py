"""The parts of the format's documentation that are made from its classes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lessons.format import LessonFile
from playground.checks import spec
from playground.runtime.config import PROJECT_ROOT

SCHEMA = PROJECT_ROOT / "docs" / "lesson.schema.json"
FORMAT = PROJECT_ROOT / "docs" / "lesson-format.md"

_MARKS = ("<!-- made by `./manage.py lessons schema`: -->\n", "<!-- until here -->\n")
_KINDS = {
    "container": spec.Container,
    "image": spec.Image,
    "volume": spec.Volume,
    "network": spec.Network,
    "file": spec.File,
    "http": spec.Http,
    "command": spec.Typed,
    "script": spec.Script,
}


def schema() -> str:
    """The JSON schema of ``lesson.toml``."""
    return json.dumps(LessonFile.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def documentation(before: str) -> str:
    """The format's documentation with its tables of checks as the classes have them now."""
    start, end = map(re.escape, _MARKS)
    made = _MARKS[0] + "\n".join(_tables()) + _MARKS[1]
    return re.sub(f"{start}.*?{end}", lambda _: made, before, flags=re.DOTALL)


def _tables() -> Iterator[str]:
    for name, kind in _KINDS.items():
        yield f"#### `{name}`\n\n{(kind.__doc__ or '').strip()}\n"
        yield "| key | type | |\n| --- | --- | --- |"
        described = kind.model_json_schema()
        for key, facts in described["properties"].items():
            needed = "**needed.** " if key in described.get("required", []) else ""
            text = str(facts.get("description", "")).replace("|", "\\|")
            yield f"| `{key}` | {_type(facts)} | {needed}{text} |"
        yield ""


def _type(facts: dict[str, Any]) -> str:
    if "anyOf" in facts:
        return " or ".join(_type(each) for each in facts["anyOf"] if each.get("type") != "null")
    if facts.get("type") == "array":
        return f"list of {_type(facts['items'])}"
    if facts.get("type") == "object":
        return f"table of {_type(facts['additionalProperties'])}"
    return {"string": "text", "integer": "number", "boolean": "true/false"}.get(
        str(facts.get("type")), str(facts.get("type", "any"))
    )
