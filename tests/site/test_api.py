"""The API of a running site: a real sandbox, real commands, and requests made from its schema."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from playground.runtime.config import PROJECT_ROOT
from tests.site.conftest import Site

pytestmark = pytest.mark.site
FULL = os.environ.get("PLAYGROUND_FULL") == "1"
_MAKE = """
from playground.accounts.models import User
from playground.api import tokens
from playground.api.scopes import SCOPES
for name in ("api-mina", "api-jun"):
    print(tokens.make(User.objects.create_user(name), "test", SCOPES, 7)[1])
"""


@dataclass
class Caller:
    site: Site
    token: str

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        request = urllib.request.Request(
            f"{self.site.url}/api/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def claim(self) -> str:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            code, found = self.ask("POST", "sandboxes")
            assert code == 200, found
            if found["state"] == "ready":
                return str(found["id"])
            time.sleep(0.5)
        raise AssertionError(f"no sandbox: {found}")


@pytest.fixture(scope="module")
def callers(site: Site) -> list[Caller]:
    return [Caller(site, t) for t in site.manage("shell", "-v", "0", "-c", _MAKE).split()]


@pytest.fixture(scope="module")
def sandbox(callers: list[Caller]) -> Iterator[str]:
    """Mina's sandbox."""
    claimed = callers[0].claim()
    yield claimed
    callers[0].ask("DELETE", f"sandboxes/{claimed}")


def test_a_command_runs_in_ones_own_sandbox_and_no_other(
    callers: list[Caller], sandbox: str
) -> None:
    mina, jun = callers
    path = f"sandboxes/{sandbox}/exec"
    word = {"command": ["sh", "-c", "cat; echo bad >&2; docker images -q | wc -l; exit 7"]}
    code, found = mina.ask("POST", path, {**word, "stdin": "안녕\n"})
    assert code == 200
    assert (found["exit_code"], found["stderr"]) == (7, "bad\n")
    greeting, images = found["stdout"].splitlines()
    assert greeting == "안녕" and int(images) > 0
    assert not found["timed_out"] and not found["cut"]
    assert mina.ask("POST", "sandboxes")[1]["id"] == sandbox
    for method, address in (("POST", path), ("GET", path[:-5]), ("DELETE", path[:-5])):
        code, problem = jun.ask(method, address, word if method == "POST" else None)
        assert (code, problem["type"]) == (404, "/api/#missing")
    assert jun.ask("GET", "sandboxes") == (200, [])


def test_time_and_output_are_bounded(callers: list[Caller], sandbox: str) -> None:
    mina = callers[0]
    path = f"sandboxes/{sandbox}/exec"
    _, late = mina.ask("POST", path, {"command": ["sleep", "4243"], "seconds": 1})
    assert late["timed_out"] and late["exit_code"] is None
    _, left = mina.ask("POST", path, {"command": ["pgrep", "-fx", "sleep 4243"]})
    assert left["stdout"] == "", "what took too long runs on"
    command = ["sh", "-c", "head -c 3000000 /dev/zero; sleep 4244 & exit 3"]
    _, much = mina.ask("POST", path, {"command": command})
    assert (much["exit_code"], much["cut"], len(much["stdout"])) == (3, True, 256 << 10)
    assert mina.ask("POST", path, {"command": ["no-such-program"]})[1]["exit_code"] == 127
    mina.ask("POST", path, {"command": ["pkill", "-fx", "sleep 4244"]})


def test_images_of_the_catalogue_and_of_ones_own(callers: list[Caller], sandbox: str) -> None:
    mina, jun = callers
    code, images = mina.ask("GET", "images")
    assert code == 200
    tags = {tag for image in images for tag in image["tags"]}
    assert "busybox:latest" in tags
    code, tree = mina.ask("GET", "images/files?image=busybox:latest&path=/bin")
    assert code == 200 and "/bin/sh" in {entry["path"] for entry in tree["entries"]}
    tag = {"command": ["docker", "tag", "busybox:latest", "mine:1"]}
    assert mina.ask("POST", f"sandboxes/{sandbox}/exec", tag)[1]["exit_code"] == 0
    mine = mina.ask("GET", "images?where=mine")[1]
    assert "mine:1" in {tag for image in mine for tag in image["tags"]}
    assert jun.ask("GET", "images?where=mine")[0] == 404
    assert mina.ask("GET", "images/files?image=no-such")[0] == 404


def test_schemathesis_finds_nothing(callers: list[Caller], sandbox: str) -> None:
    mina = callers[0]
    document = json.loads((PROJECT_ROOT / "docs" / "openapi.json").read_text())
    # The sandbox must stay; who may remove one is tested beside.
    del document["paths"]["/api/v1/sandboxes/{sandbox_id}"]["delete"]
    schema = schemathesis.openapi.from_dict(document)
    seen: dict[str, set[int]] = {}
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        codes = seen.setdefault(operation.label, set())

        @settings(
            max_examples=200 if FULL else 12,
            deadline=None,
            database=None,
            derandomize=not FULL,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            case=operation.as_strategy(GenerationMode("positive"))
            | operation.as_strategy(GenerationMode("negative"))
        )
        def throw(case: Any) -> None:
            if str(case.path_parameters.get("sandbox_id", "")).startswith("s-"):
                case.path_parameters["sandbox_id"] = sandbox
            answer = case.call(
                base_url=mina.site.url, headers={"Authorization": f"Bearer {mina.token}"}
            )
            case.validate_response(answer)
            codes.add(answer.status_code)  # noqa: B023 - called before the next one

        throw()
    assert all(codes for codes in seen.values())
    assert 200 in seen["POST /api/v1/sandboxes/{sandbox_id}/exec"]
