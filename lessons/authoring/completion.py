"""The words of the lesson format, for the editor to complete."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from lessons import blocks, library
from lessons.format import LANGUAGES, LessonFile
from lessons.problems import catalogue
from playground.checks.spec import Check
from playground.dockerline import options

_FENCES = ("run", "run skip", "run wrong", "keys", "output", "file", "sh", "dockerfile")
_KEYS = ("Ctrl-C", "Ctrl-D", "Ctrl-P Ctrl-Q", "Enter", "Esc", "Tab", "Up", "Down")


def words() -> dict[str, Any]:
    """All of it; see ``static/js/authoring/completion.js``."""
    return {
        **_fixed(),
        "images": sorted(catalogue()),
        "lessons": [each.slug for each in library.lessons()],
        "tracks": list(library.tracks()),
    }


@cache
def _fixed() -> dict[str, Any]:
    return {
        "blocks": list(blocks.CONTAINERS),
        "quizzes": list(blocks.QUIZZES),
        "fences": list(_FENCES),
        "keys": list(_KEYS),
        "languages": list(LANGUAGES),
        "levels": ["beginner", "intermediate", "advanced"],
        "facts": {name: field.description or "" for name, field in LessonFile.model_fields.items()},
        "checks": {name: _keys(field.annotation) for name, field in Check.model_fields.items()},
        "docker": {
            " ".join(path): sorted(found.options)
            for path in options.paths()
            if path and (found := options.command(path))
        },
        "short": {name: " ".join(options.canonical([name])) for name in options.commands_in(())},
    }


def _keys(annotation: Any) -> dict[str, str]:
    """The keys of a kind of check, which may be a model, a list of it, or nothing."""
    if hasattr(annotation, "model_fields"):
        fields = annotation.model_fields.items()
        return {name: field.description or "" for name, field in fields}
    for inner in get_args(annotation):
        if found := _keys(inner):
            return found
    return {}
