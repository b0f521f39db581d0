"""``deploy/compose.yaml``: read by the real Compose, and what it sets is what the settings read."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from typing import Any

import pytest

from playground.environment import SECRETS
from playground.runtime.config import PROJECT_ROOT
from playground.serve import __main__ as serve
from tests.support import Host

pytestmark = pytest.mark.sandbox

_FILE = PROJECT_ROOT / "deploy" / "compose.yaml"
_RECIPE = (PROJECT_ROOT / "deploy" / "image" / "Dockerfile").read_text()


def compose(host: Host, words: str, **variables: str) -> str:
    """Run a command of Compose on the file, in a student's host; the password is given."""
    given = {"PLAYGROUND_PASSWORD": "of-the-test", **variables}
    named = " ".join(f"{name}={shlex.quote(value)}" for name, value in given.items())
    host.sandbox.run(["sh", "-c", "cat > /root/compose.yaml"], stdin=_FILE.read_bytes())
    done = host.try_sh(f"cd /root && env {named} docker compose {words}")
    return (done.stdout + done.stderr).decode()


def services(host: Host, **variables: str) -> dict[str, Any]:
    document = json.loads(compose(host, "config --format json", **variables))
    found: dict[str, Any] = document["services"]
    return found


@cache
def read_variables() -> set[str]:
    """The variables that the code reads, from its text."""
    text = "\n".join(each.read_text() for each in (PROJECT_ROOT / "playground").rglob("*.py"))
    return set(re.findall(r"\b(?:PLAYGROUND_[A-Z_]+|FORWARDED_ALLOW_IPS|BIND|PORT|KEEP)\b", text))


def test_compose_has_nothing_to_say(host: Host) -> None:
    assert compose(host, "config --quiet").strip() == ""


def test_it_does_not_start_without_a_password(host: Host) -> None:
    assert "a word of your own" in compose(host, "config --quiet", PLAYGROUND_PASSWORD="")


def test_each_variable_is_one_that_the_site_reads(host: Host) -> None:
    known = read_variables() | {f"{name}_FILE" for name in SECRETS} | {"FORWARDED_ALLOW_IPS"}
    ours = [each for each in services(host).values() if each["image"] == "docker-playground"]
    assert len(ours) == 4
    named = {name for each in ours for name in each.get("environment", {})}
    assert named
    assert named <= known
    # And the recipe's own.
    found = re.findall(r"\b([A-Z_]+)=", "".join(re.findall(r"^ENV .*", _RECIPE, re.MULTILINE)))
    assert set(found) - {"DEBIAN_FRONTEND"} <= known


def test_the_parts_make_one_playground(host: Host) -> None:
    found = services(host)
    roles = [
        role
        for each in found.values()
        if "--roles" in (each.get("command") or [])
        for role in serve._roles(each["command"][each["command"].index("--roles") + 1])
    ]
    assert set(roles) == set(serve._ROLES)
    assert roles.count("beat") == 1
    nodes = {name: each for name, each in found.items() if name.startswith("node-")}
    assert found["share"]["command"] == ["share", "web", *nodes]
    for name, each in nodes.items():
        assert each["privileged"] is True
        assert each["environment"]["PLAYGROUND_NODE"] == name
        assert each["environment"]["PLAYGROUND_NODE_GATEWAY"] == f"{name}:9443"
        assert _volume(each, "/keys")["source"] == f"{name}-keys"
    assert "privileged" not in found["web"]
    assert (
        _volume(found["share"], "/share/web")["source"] == _volume(found["web"], "/keys")["source"]
    )


def test_the_web_is_on_this_machine_alone_until_somebody_says_otherwise(host: Host) -> None:
    (port,) = services(host)["web"]["ports"]
    assert (port["host_ip"], port["published"], port["target"]) == ("127.0.0.1", "8000", 8000)
    assert not any("ports" in each for name, each in services(host).items() if name != "web")


def _volume(service: dict[str, Any], target: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in service["volumes"] if each["target"] == target)
    return found
