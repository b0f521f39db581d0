"""Images, volumes, networks, files, typed lines: what holds, what nearly holds, what fails."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import pytest
from pydantic import ValidationError

from lessons.sentences import SENTENCES
from playground.checks.evaluate import evaluate, needs_clock
from playground.checks.spec import Check, cannot_fail
from playground.checks.typed import Line
from playground.checks.verdict import HOLDS, Verdict
from playground.runtime import inside
from playground.runtime.errors import HostileAnswer
from tests.checks.engine import MINE, WEB, EngineFacts, answers

_HISTORY = f"/images/{MINE.replace(':', '%3A')}/history"


def _look(
    check: dict[str, Any], *lines: Line, said: Any = None, files: dict[str, bytes] | None = None
) -> Verdict:
    facts = EngineFacts(answers() if said is None else said, files)
    return evaluate(Check.model_validate(check), facts, lines)


def _told(verdict: Verdict) -> tuple[bool, list[tuple[str, str]]]:
    for each in verdict.missing:
        assert SENTENCES[each.code] % each.params
    return verdict.near, [(each.code, each.params.get("have", "")) for each in verdict.missing]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"parent": "nginx", "layers": 2},
        {"layers": 4},
        {"instruction": "COPY hello"},
        {"size_below": "31m"},
        {"env": {"MODE": "*"}, "user": "nobody", "workdir": "/app", "exposes": [80]},
        {"command": "echo $HOME", "entrypoint": "python3"},
    ],
)
def test_an_image_that_fits(fields: dict[str, Any]) -> None:
    assert _look({"image": {"tag": "mine:v1", **fields}}) == HOLDS


@pytest.mark.parametrize(
    ("fields", "code", "have"),
    [
        ({"exists": False}, "image-still-there", ""),
        ({"parent": "nginx", "layers": 1}, "layer-count", "2"),
        ({"parent": "redis"}, "not-from", ""),
        ({"instruction": "RUN"}, "no-instruction", ""),
        ({"size_below": "30m"}, "too-large", "30.0m"),
        ({"env": {"MODE": "slow"}}, "image-env-differs", "fast"),
        ({"user": "root"}, "image-user", "nobody"),
        ({"workdir": "/"}, "image-workdir", "/app"),
        ({"exposes": [80, 443]}, "not-exposed", ""),
        ({"command": "echo"}, "image-command", "/bin/sh -c 'echo $HOME'"),
        ({"entrypoint": "python"}, "image-entrypoint", "python3"),
    ],
)
def test_an_image_that_nearly_fits(fields: dict[str, Any], code: str, have: str) -> None:
    assert _told(_look({"image": {"tag": "mine:v1", **fields}})) == (True, [(code, have)])


def test_images_that_are_not_there_or_no_parents() -> None:
    assert _told(_look({"image": {"tag": "mine"}})) == (False, [("no-image", "")])
    assert _look({"image": {"tag": "mine", "exists": False}}) == HOLDS
    # nginx is below mine, not above.
    near, said = _told(_look({"image": {"tag": "nginx", "parent": "mine:v1"}}))
    assert (near, said[0][0]) == (True, "not-from")


@pytest.mark.parametrize(
    ("beyond", "path", "folders"),
    [
        ({"parent": "nginx"}, "/hello", ["l/4", "l/3"]),
        ({}, "/hello", ["l/4", "l/3", "l/2", "l/1"]),
    ],
)
def test_a_file_is_looked_for_in_an_images_own_layers(
    monkeypatch: pytest.MonkeyPatch, beyond: dict[str, str], path: str, folders: list[str]
) -> None:
    asked: list[str] = []

    def exists(pid: int, place: str) -> bool:
        asked.append(place)
        return place == "l/1/hello"

    monkeypatch.setattr(inside, "exists", exists)
    said = answers()
    facts = EngineFacts(said)
    facts.engine.pid = 1  # type: ignore[attr-defined]
    check = Check.model_validate({"image": {"tag": "mine:v1", "layer_contains": path, **beyond}})
    verdict = evaluate(check, facts, ())
    assert asked == [f"{folder}/hello" for folder in folders]
    assert verdict.ok is not bool(beyond)  # only the lowest layer has it, which is nginx's


def test_volumes_and_networks() -> None:
    assert _look({"volume": {"name": "data"}}) == HOLDS
    assert _look({"volume": {"name": "gone", "exists": False}}) == HOLDS
    assert _told(_look({"volume": {"name": "gone"}})) == (False, [("no-volume", "")])
    still = _look({"volume": {"name": "data", "exists": False}})
    assert _told(still) == (True, [("volume-still-there", "")])
    assert _look({"network": {"name": "back", "containers": ["web"]}}) == HOLDS
    assert _told(_look({"network": {"name": "no"}})) == (False, [("no-network", "")])
    still = _look({"network": {"name": "back", "exists": False}})
    assert _told(still) == (True, [("network-still-there", "")])
    lacks = _look({"network": {"name": "back", "containers": ["web", "db"]}})
    assert _told(lacks) == (True, [("not-attached", "")])
    assert lacks.missing[0].params["name"] == "db"
    # An engine without volumes says null.
    assert _told(_look({"volume": {"name": "x"}}, said={"/volumes": {"Volumes": None}}))[1]


def _tar(name: str, text: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return out.getvalue()


def test_files_on_the_host_in_containers_and_in_volumes() -> None:
    files = {"root/a": b"one two", "var/lib/docker/volumes/data/_data/b": b"three"}
    said = answers()
    said[f"/containers/{WEB}/archive"] = _tar("note", b"four")

    def told(check: dict[str, Any]) -> tuple[bool, list[tuple[str, str]]]:
        return _told(_look({"file": check}, said=said, files=files))

    held: tuple[bool, list[tuple[str, str]]] = (False, [])
    assert told({"path": "/root/a", "contains": "two"}) == held
    assert told({"path": "/root/a", "contains": "six"}) == (True, [("file-lacks", "")])
    assert told({"path": "/root/b"}) == (False, [("no-file-host", "")])
    assert told({"path": "/root/b", "exists": False}) == held
    assert told({"path": "/root/a", "exists": False}) == (True, [("file-still-there-host", "")])
    assert told({"path": "/b", "volume": "data", "contains": "three"}) == held
    assert told({"path": "/c", "volume": "data"}) == (False, [("no-file-volume", "")])
    assert told({"path": "/c", "volume": "other"}) == (False, [("no-volume", "")])
    assert told({"path": "/note", "container": "web", "contains": "four"}) == held
    assert told({"path": "/note", "container": "db"}) == (False, [("no-container", "")])
    del said[f"/containers/{WEB}/archive"]
    assert told({"path": "/note", "container": "web"}) == (False, [("no-file-container", "")])
    for bad in (b"", b"junk", _tar("note", b"x" * 2000)[:700]):
        said[f"/containers/{WEB}/archive"] = bad
        lacks = told({"path": "/note", "container": "web", "contains": "four"})
        assert lacks[1], bad


@pytest.mark.parametrize(
    ("wanted", "line", "code"),
    [
        ({"docker": "ps"}, "docker container ls", None),
        ({"docker": "container ls", "options": {"all": True}}, "cd /; docker ps -qa", None),
        ({"docker": "run", "without": ["detach"]}, "docker run nginx -d", None),
        ({"docker": "run", "arguments": ["nginx", "ls"]}, "docker run nginx ls -l", None),
        ({"program": "ls", "arguments": ["-l"]}, "ls -l /", None),
        ({"docker": "ps", "options": {"all": True}}, "docker ps", "option-missing"),
        ({"docker": "run", "without": ["detach"]}, "docker run -d nginx", "option-unwanted"),
        ({"docker": "run", "options": {"name": "a"}}, "docker run --name b x", "option-value"),
        ({"docker": "run", "arguments": ["nginx"]}, "docker run redis", "arguments"),
        ({"docker": "ps", "exit_code": 1}, "docker ps", "command-code"),
        ({"docker": "ps"}, "docker images", "not-typed"),
        ({"docker": "ps"}, "echo docker ps", "not-typed"),
        ({"program": "docker"}, "docker ps", "not-typed"),
    ],
)
def test_typed_lines(wanted: dict[str, Any], line: str, code: str | None) -> None:
    verdict = _look({"command": wanted}, Line(line, 0), said={})
    near, said = _told(verdict)
    assert [each for each, _ in said] == ([code] if code else [])
    assert near is (code not in (None, "not-typed"))


def test_the_newest_near_line_is_told_and_any_line_may_hold() -> None:
    wanted = {"command": {"docker": "run", "options": {"name": "a"}}}
    old, new = Line("docker run --name b x", 0), Line("docker run --name c x", 0)
    assert _told(_look(wanted, old, new, said={}))[1] == [("option-value", "c")]
    assert _look(wanted, Line("docker run --name a x"), new, said={}) == HOLDS
    runs = _look({"command": {"docker": "ps", "exit_code": 0}}, Line("docker ps"), said={})
    assert _told(runs) == (True, [("still-runs", "")])


def test_several_parts_must_all_hold() -> None:
    both = {"volume": {"name": "data"}, "network": {"name": "no"}}
    verdict = _look(both)
    assert _told(verdict) == (True, [("no-network", "")])  # near, as one of them holds
    assert not _look({"volume": [{"name": "x"}, {"name": "y"}]}).near


@pytest.mark.parametrize("error", [OSError("gone"), HostileAnswer("x"), TimeoutError()])
def test_an_engine_that_does_not_answer_is_said(error: Exception) -> None:
    said = {"/containers/json": error}
    verdict = _look({"container": {"name": "web"}}, said=said)
    assert _told(verdict) == (False, [("engine", "")])


def test_an_engine_is_asked_once_a_look_and_only_for_what_changed() -> None:
    facts = EngineFacts(answers())
    wanted = Check.model_validate({"container": [{"name": "web"}, {"image": "nginx"}]})
    for _ in range(3):
        facts.look_again()
        assert evaluate(wanted, facts, ()).ok
    assert facts.engine.asked.count(f"/containers/{WEB}/json") == 1
    facts.engine.said["/containers/json"][0]["State"] = "exited"
    facts.look_again()
    evaluate(wanted, facts, ())
    assert facts.engine.asked.count(f"/containers/{WEB}/json") == 2
    facts.look_again()
    facts.forget("e" * 64)
    facts.engine.said[f"/containers/{WEB}/json"]["State"]["Status"] = "exited"
    before = facts.engine.asked.count(f"/containers/{WEB}/json")
    facts.forget(WEB)
    evaluate(wanted, facts, ())
    assert facts.engine.asked.count(f"/containers/{WEB}/json") == before + 1


@pytest.mark.parametrize(
    ("check", "clock"),
    [
        ({"container": {"name": "web", "running": True}}, False),
        ({"container": {"name": "web", "logs": "x"}}, True),
        ({"container": {"name": "web", "process": "x"}}, True),
        ({"container": {"name": "web", "changed": ["/x"]}}, True),
        ({"volume": {"name": "a"}, "http": {"port": 80}}, True),
        ({"file": {"path": "/x"}}, True),
        ({"script": {"run": "false"}}, True),
        ({"image": {"tag": "a"}}, False),
        ({"command": {"docker": "ps"}}, False),
    ],
)
def test_what_gives_no_event_needs_the_clock(check: dict[str, Any], clock: bool) -> None:
    assert needs_clock(Check.model_validate(check)) is clock


@pytest.mark.parametrize("run", ["true", " exit  0 ", ":"])
def test_a_script_that_cannot_fail(run: str) -> None:
    assert cannot_fail(Check.model_validate({"script": {"run": run}}))
    assert not cannot_fail(Check.model_validate({"script": {"run": "test -f /x"}}))


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"container": {"nmae": "x"}},
        {"container": {"ports": ["80"]}},
        {"container": {"mounts": ["data"]}},
        {"container": {"memory": "much"}},
        {"container": {"count": 0}},
        {"file": {"path": "relative"}},
        {"file": {"path": "/x", "container": "a", "volume": "b"}},
        {"http": {"port": 0}},
        {"command": {}},
        {"command": {"docker": "ps", "program": "ls"}},
        {"image": {}},
        {"script": {"run": ""}},
    ],
)
def test_what_is_no_check(bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Check.model_validate(bad)


def test_history_of_another_shape() -> None:
    said = answers()
    said[_HISTORY] = [{"Other": 1}]
    verdict = _look({"image": {"tag": "mine:v1", "instruction": "COPY"}}, said=said)
    assert _told(verdict) == (False, [("engine", "")])
