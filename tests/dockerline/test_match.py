"""A wanted command is recognised however it is spelled."""

from __future__ import annotations

import pytest

from playground.dockerline.match import Mismatch, Wanted, matches
from playground.dockerline.parse import parse

WANTED: Wanted = {
    "command": "run",
    "options": {"detach": True, "name": "web", "publish": ["8080:80"], "rm": False},
    "image": "nginx",
    "arguments": [],
}


@pytest.mark.parametrize(
    "line",
    [
        "docker run -d --name web -p 8080:80 nginx",
        "docker container run -dp8080:80 --name=web nginx:latest",
        "docker run --detach=true --rm=false -e A=b -p 81:81 -p=8080:80 --name web -- nginx",
    ],
)
def test_however_it_is_spelled(line: str) -> None:
    assert matches(parse(line)[0], WANTED) == []


@pytest.mark.parametrize(
    ("line", "mismatches"),
    [
        ("docker ps", [Mismatch("command", "run", "container ls")]),
        ("docker run -d --name web -p 80:80 nginx",
         [Mismatch("publish", "8080:80", "-p 80:80")]),
        ("docker run --rm -d --name wbe -p 8080:80 nginx:1 date",
         [Mismatch("name", "web", "--name wbe"), Mismatch("rm", "", "--rm"),
          Mismatch("image", "nginx", "nginx:1"), Mismatch("arguments", "", "date")]),
        ("docker run --name web -p 8080:80 nginx", [Mismatch("detach", "on", "")]),
    ],
)  # fmt: skip
def test_what_differs(line: str, mismatches: list[Mismatch]) -> None:
    assert matches(parse(line)[0], WANTED) == mismatches


def test_an_option_with_any_value_and_other_commands() -> None:
    assert matches(parse("docker run --name x y")[0], {"options": {"name": True}}) == []
    wanted: Wanted = {"command": "rm", "options": {"force": True}, "arguments": ["web"]}
    assert matches(parse("docker container rm web -f")[0], wanted) == []
