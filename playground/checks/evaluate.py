"""Whether a check holds now."""

from __future__ import annotations

from collections.abc import Sequence

from playground.checks import containers, images, places, spec, typed
from playground.checks.facts import Facts
from playground.checks.verdict import Verdict, absent, all_of
from playground.runtime.engine import BAD_SHAPE


def evaluate(check: spec.Check, facts: Facts, lines: Sequence[typed.Line]) -> Verdict:
    """Look at all its parts. Never raises for what an engine answers; blocks."""
    return all_of([_part(part, facts, lines) for part in check.parts()])


def needs_clock(check: spec.Check) -> bool:
    """Whether it may come to hold without an event of the engine's and without a prompt."""
    return any(
        isinstance(part, (spec.File, spec.Http, spec.Script))
        or (isinstance(part, spec.Container) and (part.logs or part.changed or part.process))
        for part in check.parts()
    )


def _part(part: spec.Part, facts: Facts, lines: Sequence[typed.Line]) -> Verdict:
    try:
        match part:
            case spec.Container():
                return containers.container(part, facts)
            case spec.Image():
                return images.image(part, facts)
            case spec.Volume():
                return places.volume(part, facts)
            case spec.Network():
                return places.network(part, facts)
            case spec.File():
                return places.file(part, facts)
            case spec.Http():
                return places.http_answer(part, facts)
            case spec.Typed():
                return typed.typed(part, lines)
            case spec.Script():
                return places.script(part, facts)
    except BAD_SHAPE as error:
        return absent("engine", error=type(error).__name__)
