"""Whether a value is of its option's type, as Docker's own parsers decide it."""

from __future__ import annotations

import re
from collections.abc import Callable

from playground.dockerline import reference
from playground.dockerline.command import FALSE, TRUE
from playground.dockerline.options import OptionSpec

_WHOLE = re.compile(r"[+-]?(?:\d[\d_]*|0[xX][0-9a-fA-F]+)\Z")
#: By kind: the form, and a value to show.
_KINDS = {
    "int": (_WHOLE, "5"),
    "uint": (re.compile(r"\d+\Z"), "5"),
    "uint16": (re.compile(r"\d{1,5}\Z"), "500"),
    "uint32": (re.compile(r"\d{1,10}\Z"), "5"),
    "decimal": (re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+|\d+/\d+)(?:[eE][+-]?\d+)?\Z"), "1.5"),
    # go-units: a number, and a unit of 1024 with or without B.
    "bytes": (re.compile(r"\d+(?:\.\d*)?\s?(?:[kKmMgGtTpP]i?)?[bB]?\Z"), "512m"),
    # Go's time.ParseDuration.
    "duration": (
        re.compile(r"[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)\Z"),
        "10s",
    ),
}
_MOST = {"uint16": 0xFFFF, "uint32": 0xFFFFFFFF}
#: By option, where the type says only that there can be several.
_OPTIONS: dict[str, tuple[Callable[[str], object], str]] = {
    "publish": (reference.port, "8080:80"),
    "mount": (reference.mount, "type=volume,source=data,target=/srv"),
    "env": (lambda value: not value.startswith("="), "NAME=value"),
}
#: What the shell puts something else for, before Docker sees it.
_EXPANDED = re.compile(r"[$`]")


def fits(spec: OptionSpec, value: str | None) -> bool:
    """Whether Docker would take the value. Only types whose form is fixed are looked at."""
    if value is None or _EXPANDED.search(value):
        return True
    if not spec.takes_value:
        return value in TRUE + FALSE
    if spec.name in _OPTIONS and spec.kind in ("list", "mount"):
        return bool(_OPTIONS[spec.name][0](value))
    if spec.kind not in _KINDS or (spec.name == "memory-swap" and value == "-1"):
        return True
    if not _KINDS[spec.kind][0].match(value):
        return False
    return spec.kind not in _MOST or int(value) <= _MOST[spec.kind]


def example(spec: OptionSpec) -> str:
    """A value that fits, ``""`` for a switch."""
    if spec.name in _OPTIONS:
        return _OPTIONS[spec.name][1]
    return _KINDS[spec.kind][1] if spec.kind in _KINDS else ""
