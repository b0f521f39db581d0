"""Whether an image is as a check asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.checks.containers import command_problem, variable_problem, variables
from playground.checks.facts import Facts
from playground.checks.spec import Image
from playground.checks.verdict import HOLDS, Missing, Verdict, absent, missing
from playground.dockerline.reference import size


def image(wanted: Image, facts: Facts) -> Verdict:
    """Look at the image of that name."""
    document = facts.image(wanted.tag)
    if not wanted.exists:
        return missing([Missing.of("image-still-there", tag=wanted.tag)]) if document else HOLDS
    if document is None:
        return absent("no-image", tag=wanted.tag)
    return missing(_problems(document, wanted, facts))


def _problems(document: Mapping[str, Any], wanted: Image, facts: Facts) -> list[Missing | None]:
    tag, config = wanted.tag, document["Config"] or {}
    layers = _layers(document)
    found: list[Missing | None] = []
    below = 0
    if wanted.parent:
        parent = facts.image(wanted.parent)
        under = _layers(parent) if parent else []
        below = len(under)
        if not under or layers[:below] != under:
            return [Missing.of("not-from", tag=tag, wanted=wanted.parent)]
    if wanted.layers is not None and len(layers) - below != wanted.layers:
        count = len(layers) - below
        found.append(Missing.of("layer-count", tag=tag, have=count, wanted=wanted.layers))
    below_bytes = size(wanted.size_below) if wanted.size_below else None
    if below_bytes is not None and int(document["Size"]) >= below_bytes:
        shown = f"{int(document['Size']) / (1 << 20):.1f}m"
        found.append(Missing.of("too-large", tag=tag, have=shown, wanted=wanted.size_below))
    have_env = variables(config.get("Env"))
    for key, value in (wanted.env or {}).items():
        found.append(_of_image(variable_problem(have_env, tag, key, value), tag))
    for code, asked, have in (
        ("image-user", wanted.user, str(config.get("User") or "")),
        ("image-workdir", wanted.workdir, str(config.get("WorkingDir") or "/")),
    ):
        if asked is not None and asked != have:
            found.append(Missing.of(code, tag=tag, have=have or "–", wanted=asked))
    for port in wanted.exposes or []:
        if f"{port}/tcp" not in (config.get("ExposedPorts") or {}):
            found.append(Missing.of("not-exposed", tag=tag, port=port))
    if wanted.command is not None:
        found.append(
            _of_image(command_problem("command", tag, config.get("Cmd"), wanted.command), tag)
        )
    if wanted.entrypoint is not None:
        found.append(
            _of_image(
                command_problem("entrypoint", tag, config.get("Entrypoint"), wanted.entrypoint), tag
            )
        )
    if wanted.instruction and not any(
        wanted.instruction in str(step["CreatedBy"]) for step in facts.history(str(document["Id"]))
    ):
        found.append(Missing.of("no-instruction", tag=tag, text=wanted.instruction))
    if wanted.layer_contains and not facts.layer_has(
        dict(document), wanted.layer_contains.lstrip("/"), below
    ):
        found.append(Missing.of("not-in-layers", tag=tag, path=wanted.layer_contains))
    return found


def _of_image(problem: Missing | None, tag: str) -> Missing | None:
    """A container's problem in an image's words."""
    if problem is None:
        return None
    told = {key: value for key, value in problem.params.items() if key != "name"}
    return Missing.of(f"image-{problem.code}", tag=tag, **told)


def _layers(document: Mapping[str, Any]) -> list[str]:
    return [str(each) for each in document["RootFS"].get("Layers") or []]
