"""Each field of a container's check: it holds, it nearly holds with the words, it fails."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.sentences import SENTENCES
from playground.checks.containers import container
from playground.checks.evaluate import evaluate
from playground.checks.spec import Check, Container
from playground.checks.verdict import HOLDS
from tests.checks.engine import MINE, WEB, EngineFacts, answers

#: Field, a value that the container has, one that it has not, and what is said of that.
FIELDS: list[tuple[str, Any, Any, str, dict[str, str]]] = [
    ("running", True, False, "still-running", {}),
    ("paused", False, True, "not-paused", {}),
    ("env", {"COLOUR": "red"}, {"COLOUR": "blue"}, "env-differs", {"have": "red"}),
    ("env", {"COLOUR": "*"}, {"EMPTY": "*"}, "env-missing", {"key": "EMPTY"}),
    ("env", {"EMPTY": ""}, {"NONE": "x"}, "env-missing", {"key": "NONE", "wanted": "x"}),
    ("user", "1000:1000", "0", "user", {"have": "1000:1000"}),
    ("tty", True, False, "has-tty", {}),
    ("stdin_open", True, False, "has-stdin", {}),
    ("detached", True, False, "detached", {}),
    ("ports", ["8080:80"], ["8081:80"], "port-other", {"have": "8080:80", "wanted": "8081:80"}),
    ("ports", ["*:80"], ["*:81"], "port-missing", {"inner": "81", "wanted": "81"}),
    ("ports", ["8080:80/tcp"], ["8080:80/udp"], "port-missing", {"inner": "80"}),
    ("mounts", ["data:/srv"], ["other:/srv"], "mount-source", {"have": "data"}),
    ("mounts", ["data:/srv:ro"], ["data:/srv:rw"], "mount-read-only", {"target": "/srv"}),
    ("mounts", ["/root/site:/html:rw"], ["/root/site:/html:ro"], "mount-writable", {}),
    ("mounts", ["*:/html/"], ["data:/other"], "mount-missing", {"target": "/other"}),
    ("memory", "64m", "65m", "memory", {"have": "64m", "wanted": "65m"}),
    ("cpus", 0.5, 1, "cpus", {"have": "0.5", "wanted": "1.0"}),
    ("pids", 50, 51, "pids", {"have": "50"}),
    ("network", "back", "front", "network", {"have": "back"}),
    ("hostname", "box", "other", "hostname", {"have": "box"}),
    ("workdir", "/work", "/", "workdir", {"have": "/work"}),
    ("restart", "on-failure:3", "always", "restart", {"have": "on-failure:3"}),
    ("read_only", True, False, "read-only", {}),
    ("cap_drop", ["chown"], ["CHOWN", "KILL"], "cap-kept", {"wanted": "KILL"}),
    ("entrypoint", "/entry -x", "/entry", "entrypoint", {"have": "/entry -x"}),
    ("command", "sleep 'a b'", "sleep a b", "command", {"have": "sleep 'a b'"}),
    ("auto_remove", True, False, "auto-removed", {}),
    ("logs", "hello\nworld", "goodbye", "log-lacks", {"text": "goodbye"}),
    ("changed", ["/root/note"], ["/root/note", "/etc"], "not-changed", {"path": "/etc"}),
    ("process", "sleep 600", "sleep 601", "no-process", {"text": "sleep 601"}),
]

#: What is changed in the container's document, the field, its value and what is said.
OTHERWISE: list[tuple[tuple[str, str], Any, str, Any, str, dict[str, str]]] = [
    (("State", "Paused"), True, "paused", False, "paused", {}),
    (("Config", "Tty"), False, "tty", True, "no-tty", {}),
    (("Config", "OpenStdin"), False, "stdin_open", True, "no-stdin", {}),
    (("Config", "AttachStdout"), True, "detached", True, "not-detached", {}),
    (("HostConfig", "ReadonlyRootfs"), False, "read_only", True, "not-read-only", {}),
    (("HostConfig", "AutoRemove"), False, "auto_remove", True, "not-auto-removed", {}),
    (("HostConfig", "Memory"), 0, "memory", "64m", "memory", {"have": "–"}),
    (("HostConfig", "NanoCpus"), 0, "cpus", 0.5, "cpus", {"have": "–"}),
    (("HostConfig", "PidsLimit"), None, "pids", 50, "pids", {"have": "–"}),
    (("HostConfig", "CapDrop"), None, "cap_drop", ["CHOWN"], "cap-kept", {}),
    (("Config", "User"), "", "user", "1000", "user", {"have": "–"}),
    (("Config", "Cmd"), None, "command", "true", "command", {"have": "–"}),
    (("NetworkSettings", "Networks"), {}, "network", "back", "network", {"have": "–"}),
    (("HostConfig", "PublishAllPorts"), True, "ports", ["80:81"], "port-random", {}),
    (
        ("HostConfig", "PortBindings"),
        {"8080/tcp": [{"HostIp": "", "HostPort": "80"}]},
        "ports",
        ["8080:80"],
        "port-turned",
        {"have": "80:8080", "wanted": "8080:80"},
    ),
    (
        ("HostConfig", "PortBindings"),
        {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]},
        "ports",
        ["0.0.0.0:8080:80"],
        "port-other",
        {"have": "127.0.0.1:8080:80"},
    ),
]


def _look(said: dict[str, Any], **wanted: Any) -> Any:
    return container(Container.model_validate({"name": "web", **wanted}), EngineFacts(said))


@pytest.mark.parametrize(("key", "has", "_lacks", "_code", "_params"), FIELDS)
def test_it_holds(key: str, has: Any, _lacks: Any, _code: str, _params: Any) -> None:
    assert _look(answers(), **{key: has}) == HOLDS


@pytest.mark.parametrize(("key", "_has", "lacks", "code", "params"), FIELDS)
def test_it_nearly_holds(
    key: str, _has: Any, lacks: Any, code: str, params: dict[str, str]
) -> None:
    verdict = _look(answers(), **{key: lacks})
    assert (verdict.ok, verdict.near) == (False, True)
    (said,) = verdict.missing
    assert said.code == code
    assert said.params["name"] == "web"
    assert params.items() <= said.params.items()
    assert SENTENCES[code] % said.params


@pytest.mark.parametrize(("place", "value", "key", "wanted", "code", "params"), OTHERWISE)
def test_it_lacks_what_was_left_out(
    place: tuple[str, str], value: Any, key: str, wanted: Any, code: str, params: dict[str, str]
) -> None:
    said = answers()
    said[f"/containers/{WEB}/json"][place[0]][place[1]] = value
    (found,) = _look(said, **{key: wanted}).missing
    assert found.code == code
    assert params.items() <= found.params.items()


def test_every_field_is_tried() -> None:
    beside = {"name", "image", "exists", "count", "exit_code"}  # below
    assert {each[0] for each in FIELDS} | beside == set(Container.model_fields)


@pytest.mark.parametrize(
    ("status", "ended_with", "wanted", "code"),
    [
        ("exited", 3, {"running": True}, "not-running"),
        ("created", 0, {"running": True}, "never-started"),
        ("exited", 3, {"exit_code": 0}, "exit-code"),
        ("running", 0, {"exit_code": 0}, "still-running"),
        ("exited", 3, {"exit_code": 3}, ""),
        ("created", 127, {"exit_code": 127}, ""),  # a program that could not be started
        ("removing", 0, {"exit_code": 0}, "exit-code"),
        ("exited", 0, {"running": False}, ""),
    ],
)
def test_how_it_ended(status: str, ended_with: int, wanted: dict[str, Any], code: str) -> None:
    said = answers()
    state = {"Status": status, "Running": status == "running", "ExitCode": ended_with}
    said[f"/containers/{WEB}/json"]["State"] = state
    said["/containers/json"][0]["State"] = status
    found = [each.code for each in _look(said, **wanted).missing]
    assert found == ([code] if code else [])


def test_names_images_and_numbers() -> None:
    said = answers()
    assert _look(said, image="nginx").ok
    assert _look(said, image="nginx:latest").ok
    assert _look(said, exists=False).missing[0].code == "container-still-there"
    # What does not fit the rest may be there.
    assert _look(said, exists=False, running=False).ok
    other = _look(said, image="redis")
    assert (other.near, other.missing[0].code) == (True, "image-differs")
    assert other.missing[0].params == {"name": "web", "have": "nginx", "wanted": "redis"}
    assert _look(said, image="mine:v1").missing[0].code == "image-differs"
    # The same image by another name.
    said[f"/containers/{WEB}/json"]["Image"] = MINE
    assert _look(said, image="mine:v1").ok

    def other_one(**wanted: Any) -> Any:
        return container(Container.model_validate(wanted), EngineFacts(said))

    assert other_one(name="db").missing[0].code == "no-container"
    nameless = other_one(image="redis")
    assert (nameless.near, nameless.missing[0].code) == (False, "no-container-of")
    few = other_one(image="nginx", count=2)
    assert (few.near, few.missing[0].params) == (True, {"have": "1", "wanted": "2"})
    assert other_one(image="nginx", count=1).ok


def test_the_nearest_of_several_is_told() -> None:
    said = answers()
    far = dict(answers()[f"/containers/{WEB}/json"])
    far |= {"Id": "d" * 64, "Name": "/far", "State": {**far["State"], "Running": False}}
    far["State"]["Status"] = "exited"
    said["/containers/json"].insert(0, {"Id": "d" * 64, "State": "exited"})
    said[f"/containers/{'d' * 64}/json"] = far
    wanted = Container.model_validate({"running": True, "memory": "1m"})
    verdict = container(wanted, EngineFacts(said))
    assert [each.params["name"] for each in verdict.missing] == ["web"]


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
_PLACES = [
    ("/containers/json", None),
    (f"/containers/{WEB}/json", None),
    *[(f"/containers/{WEB}/json", key) for key in answers()[f"/containers/{WEB}/json"]],
    *[(path, None) for path in answers() if path.startswith(("/images", "/volumes", "/networks"))],
    (f"/containers/{WEB}/changes", None),
    (f"/containers/{WEB}/top", None),
]
_ALL = Check.model_validate(
    {
        "container": {"name": "web", **{key: has for key, has, *_ in FIELDS}},
        "image": {"tag": "mine:v1", "parent": "nginx", "layers": 2, "instruction": "COPY"},
        "volume": {"name": "data"},
        "network": {"name": "back", "containers": ["web"]},
    }
)


def test_all_of_it_at_once() -> None:
    assert evaluate(_ALL, EngineFacts(answers()), ()) == HOLDS


@given(place=st.sampled_from(_PLACES), junk=_JUNK)
def test_no_answer_of_any_shape_raises(place: tuple[str, str | None], junk: Any) -> None:
    said = answers()
    path, key = place
    if key is None:
        said[path] = junk
    else:
        said[path][key] = junk
    verdict = evaluate(_ALL, EngineFacts(said), ())
    assert all(len(text) <= 81 for each in verdict.missing for text in each.params.values())
