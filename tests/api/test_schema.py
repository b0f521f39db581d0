"""The schema in docs/ is the API's."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from ninja import Schema

from playground.api.main import api

STORED = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_stored_schema_is_up_to_date() -> None:
    out = StringIO()
    call_command(
        "export_openapi_schema", api="playground.api.main.api", indent=1, sort_keys=True, stdout=out
    )
    assert json.loads(out.getvalue()) == json.loads(STORED.read_text()), "run `make openapi`"


def test_every_operation_says_who_may_and_what_may_go_wrong() -> None:
    schema = json.loads(STORED.read_text())
    operations = [each for methods in schema["paths"].values() for each in methods.values()]
    assert len(operations) >= 12
    for each in operations:
        assert {"BearerToken"} in [set(way) for way in each["security"]], each["operationId"]
        for status, answer in each["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"]


def test_no_two_answers_have_the_same_name() -> None:
    """The schema knows them by their names: the second would stand for the first as well."""
    assert api.title
    names = [each.__name__ for each in _below(Schema) if each.__module__.startswith("playground.")]
    assert len(names) > 20
    assert len(names) == len(set(names)), sorted(names)


def _below(kind: type[Schema]) -> list[type[Schema]]:
    found: list[type[Schema]] = list(kind.__subclasses__())
    return found + [each for sub in found for each in _below(sub)]
