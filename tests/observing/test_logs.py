"""Log lines with hostile words in them."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from playground.telemetry import ids, logs

HOSTILE = "a\r\nERROR forged: line\x1b[2J\x9b\u2028\u202eb"


def record(name: str) -> str:
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        made = logging.LogRecord(
            "here", logging.WARNING, __file__, 1, "it says %s", (HOSTILE,), sys.exc_info()
        )
        return logs.formatter(name).format(made)


def test_a_plain_message_stays_one_line() -> None:
    first, *rest = record("plain").split("\n")
    assert first == r"WARNING here: it says a\r\nERROR forged: line\x1b[2J\x9b\u2028\u202eb"
    assert rest
    assert all(line.startswith("  | ") for line in rest)
    assert all(line.isprintable() for line in rest)


def test_json_is_one_line_of_ascii_with_the_id() -> None:
    name = ids.new()
    with ids.bound(name):
        line = record("json")
    assert line.isascii()
    assert line.isprintable()
    said = json.loads(line)
    assert said["message"] == f"it says {HOSTILE}"
    assert said["request_id"] == name
    assert said["level"] == "WARNING"
    assert "request_id" not in json.loads(record("json"))


@pytest.mark.parametrize("given", ["", "x" * 16, "0" * 15, "0" * 16 + "\n", None, 7])
def test_only_ids_of_ours_are_bound(given: object) -> None:
    with ids.bound(given) as known:
        assert known == ids.current() == ""


def test_words_in_other_languages_stay() -> None:
    assert logs.escaped("도커 – ¿qué?") == "도커 – ¿qué?"


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="PLAYGROUND_LOG_FORMAT='xml'"):
        logs.wanted({"PLAYGROUND_LOG_FORMAT": "xml"})
