"""Log lines: one a record, whatever a stranger's text has in it; as JSON if asked for."""

from __future__ import annotations

import logging
import os
import unicodedata
from collections.abc import Mapping
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from playground.telemetry import ids

#: What may be asked for by ``PLAYGROUND_LOG_FORMAT``.
FORMATS = ("plain", "json")


def wanted(environ: Mapping[str, str] = os.environ) -> str:
    """The format that is asked for; raises ``ValueError`` for one that there is not."""
    name = environ.get("PLAYGROUND_LOG_FORMAT", "plain")
    if name not in FORMATS:
        raise ValueError(f"PLAYGROUND_LOG_FORMAT={name!r} is none of {', '.join(FORMATS)}")
    return name


def escaped(text: str) -> str:
    """``text`` on one line: control, format (writing direction) and separator signs as escapes."""
    if text.isprintable():
        return text
    return "".join(
        sign
        if unicodedata.category(sign) not in ("Cc", "Cf", "Zl", "Zp", "Cs")
        else sign.encode("unicode_escape", "surrogatepass").decode("ascii")
        for sign in text
    )


class PlainFormatter(logging.Formatter):
    """For people: level, name, message and the id; tracebacks are indented below."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = escaped(record.message)
        known = ids.current()
        return super().formatMessage(record) + (f" [{known}]" if known else "")

    def formatException(self, ei: Any) -> str:
        lines = super().formatException(ei).split("\n")
        return "\n".join(f"  | {escaped(line)}" for line in lines)


class JSONFormatter(JsonFormatter):
    """For programs: an object a line, pure ASCII."""

    def __init__(self) -> None:
        super().__init__(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
            static_fields={"process": os.environ.get("PLAYGROUND_PROCESS", "")},
            json_ensure_ascii=True,
        )

    def add_fields(
        self,
        log_data: dict[str, Any],
        record: logging.LogRecord,
        message_dict: dict[str, Any],
    ) -> None:
        super().add_fields(log_data, record, message_dict)
        if known := ids.current():
            log_data["request_id"] = known


def formatter(name: str) -> logging.Formatter:
    """The formatter of that name."""
    return JSONFormatter() if name == "json" else PlainFormatter()


def configure(level: str) -> None:
    """Set up logging in a process without Django."""
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(wanted()))
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("websockets").setLevel(logging.WARNING)
