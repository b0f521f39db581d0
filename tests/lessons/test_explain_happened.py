"""What became of a line, from what an engine notes: a real one's words, and a liar's."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from lessons.explain.happened import happened
from lessons.explain.parts import explain
from playground.dockerline.command import Command
from playground.dockerline.parse import parse

LINE = (
    "docker run -d --name web -p 8080:80 -P -v data:/srv:ro -v /etc:/host -e A=b -e GONE "
    "-m 512m --cpus 1.5 --network shop --restart always --rm -it -u 5 -w /srv nginx"
)
#: As the host image's engine answers, cut down to what is looked at.
INSPECT: dict[str, Any] = {
    "Id": "0123456789abcdef0123456789abcdef",
    "Name": "/web",
    "Image": "sha256:fedcba9876543210",
    "Path": "nginx",
    "Args": ["-g", "daemon off;"],
    "RestartCount": 2,
    "State": {"Status": "running", "Pid": 77, "ExitCode": 0},
    "Config": {
        "Env": ["PATH=/bin", "A=b"], "Tty": True, "OpenStdin": True, "User": "5",
        "WorkingDir": "/srv",
    },
    "HostConfig": {"Memory": 536870912, "NanoCpus": 1500000000, "AutoRemove": True},
    "Mounts": [
        {"Type": "volume", "Name": "data", "Source": "/var/lib/docker/volumes/data/_data",
         "Destination": "/srv", "RW": False},
        {"Type": "bind", "Source": "/etc", "Destination": "/host", "RW": True},
    ],
    "NetworkSettings": {
        "Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]},
        "Networks": {"shop": {"IPAddress": "10.1.0.2"}},
    },
}  # fmt: skip


def command(line: str = LINE) -> Command:
    (found,) = parse(line)
    return found


def by_name(line: str = LINE, inspect: dict[str, Any] = INSPECT) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for index, sentence in happened(command(line), inspect).options.items():
        found.setdefault(command(line).options[index].name, []).append(sentence)
    return found


def test_what_became_of_each_option() -> None:
    assert by_name() == {
        "detach": ["It runs in the background, as process 77 of the host."],
        "name": ["The container with the ID 0123456789ab has this name."],
        "publish": ["Open now: 0.0.0.0:8080 → 80/tcp"],
        "publish-all": ["Docker has chosen: 0.0.0.0:8080 → 80/tcp"],
        "volume": [
            "The volume data lies at /var/lib/docker/volumes/data/_data on the host. "
            "It is read-only.",
            "/host in the container is /etc on the host.",
        ],
        "env": ["In the container: A=b", "There is no variable GONE in the container."],
        "memory": ["The engine limits it to 536,870,912 bytes (HostConfig.Memory)."],
        "cpus": ["The engine notes 1,500,000,000 billionths of a processor (HostConfig.NanoCpus)."],
        "network": ["It is on: shop (10.1.0.2)"],
        "restart": ["Started again 2 times so far."],
        "rm": ["It is still there; the engine removes it when it ends."],
        "interactive": ["Its input is open."],
        "tty": ["The program has a terminal."],
        "user": ["The engine notes Config.User: 5"],
        "workdir": ["The engine notes Config.WorkingDir: /srv"],
    }
    found = happened(command(), INSPECT)
    assert found.container == "The container web (0123456789ab) runs."
    assert found.image == "It is the image fedcba987654 on your host."
    assert found.program == "The first process of the container: nginx -g daemon off;"


def test_in_korean() -> None:
    with override("ko"):
        korean = by_name()
    assert korean["publish"] == ["지금 열려 있습니다: 0.0.0.0:8080 → 80/tcp"]
    english = by_name()
    assert all(korean[name] != english[name] for name in english)


def test_a_container_that_has_ended() -> None:
    ended = {**INSPECT, "State": {"Status": "exited", "ExitCode": 137}, "NetworkSettings": {}}
    found = by_name(inspect=ended)
    assert found["publish"] == ["The port is not open now: a container that does not run has none."]
    assert found["detach"] == ["It ran in the background and runs no more."]
    assert "exit code 137" in happened(command(), ended).container


def test_it_is_said_beside_the_parts() -> None:
    (explained,) = explain(LINE, "en", INSPECT)
    told = {part.text: part.happened for part in explained.parts}
    assert told["-p 8080:80"] == "Open now: 0.0.0.0:8080 → 80/tcp"
    assert told["nginx"] == "It is the image fedcba987654 on your host."
    assert "".join(text for text, _ in explained.pieces) == LINE


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*INSPECT, "Else"]), _JSON))
def test_a_lying_engine_changes_nothing_but_words(inspect: dict[str, Any]) -> None:
    happened(command(), inspect)


@pytest.mark.parametrize("key", ["Config", "HostConfig", "Mounts", "NetworkSettings", "State"])
@given(value=_JSON)
def test_a_part_that_is_something_else(key: str, value: Any) -> None:
    inner = dict.fromkeys(("Ports", "Networks", "Env", "Memory", "Tty", "Status"), value)
    for other in (value, inner, [inner], [value]):
        happened(command(), {**INSPECT, key: other})
