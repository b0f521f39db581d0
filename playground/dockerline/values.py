"""Whether a value is of its option's type, as Docker's own parsers decide it."""

from __future__ import annotations

import re

from playground.dockerline.command import FALSE, TRUE
from playground.dockerline.options import OptionSpec

_WHOLE = re.compile(r"[+-]?(?:\d[\d_]*|0[xX][0-9a-fA-F]+)\Z")
_PLAIN = {
    "int": _WHOLE,
    "uint": re.compile(r"\d+\Z"),
    "uint16": re.compile(r"\d{1,5}\Z"),
    "uint32": re.compile(r"\d{1,10}\Z"),
    "decimal": re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+|\d+/\d+)(?:[eE][+-]?\d+)?\Z"),
    # go-units: a number, and a unit of 1024 with or without B.
    "bytes": re.compile(r"(?:-1|\d+(?:\.\d*)?\s?(?:[kKmMgGtTpP]i?)?[bB]?)\Z"),
    # Go's time.ParseDuration.
    "duration": re.compile(r"[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)\Z"),
}
#: Where the shell puts something else before Docker sees it.
_EXPANDED = re.compile(r"[$`]")


def fits(spec: OptionSpec, value: str | None) -> bool:
    """Whether Docker would take the value. Only types whose form is fixed are looked at."""
    if value is None or _EXPANDED.search(value):
        return True
    if not spec.takes_value:
        return value in TRUE + FALSE
    form = _PLAIN.get(spec.kind)
    return form is None or bool(form.match(value))
