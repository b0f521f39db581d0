"""What the hub passes on of a container: little, whatever an engine says."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from playground.hub.inspect_view import inspect
from playground.runtime.errors import HostileAnswer
from playground.runtime.sandbox import Sandbox


class Engine:
    """An engine that says what it is told to: no real one lies on demand."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def engine_get(self, path: str, seconds: float = 10.0) -> Any:
        self.asked.append(path)
        kind = "listed" if path.startswith("/containers/json") else "document"
        answer = self.answers.get(kind)
        if answer is None:
            raise HostileAnswer(f"The engine answered {path} with status 404")
        return answer


def ask(engine: Engine, name: str = "", image: str = "") -> Any:
    return inspect(cast(Sandbox, engine), name, image)["container"]


def test_a_named_container() -> None:
    engine = Engine(document={"Id": "ab", "Name": "/web", "GraphDriver": {"secret": 1}})
    assert ask(engine, "web") == {"Id": "ab", "Name": "/web"}
    assert engine.asked == ["/containers/web/json"]


def test_the_newest_of_an_image() -> None:
    listed = [{"Id": "c" * 64, "Image": "busybox"}, {"Id": "a" * 64, "Image": "nginx"},
              {"Id": "b" * 64, "Image": "nginx"}]  # fmt: skip
    engine = Engine(listed=listed, document={"Id": "a" * 64})
    assert ask(engine, image="nginx") == {"Id": "a" * 64}
    assert engine.asked[-1] == f"/containers/{'a' * 64}/json"
    assert ask(engine, image="redis") is None


@pytest.mark.parametrize("name", ["../images/json", "a b", "-x", "a/b", "a" * 129, "web\n", "é"])
def test_a_name_that_is_none_is_not_asked_for(name: str) -> None:
    engine = Engine(document={"Id": "ab"})
    assert ask(engine, name) is None
    assert engine.asked == []


@pytest.mark.parametrize(
    "answer", [None, [], "text", 5, {"Id": {"x": []}}, {"State": [[[[[[[[[[1]]]]]]]]]]}]
)
def test_an_engine_that_lies(answer: Any) -> None:
    assert len(json.dumps(ask(Engine(document=answer, listed=answer), "web"))) < 100
    ask(Engine(document=answer, listed=answer), "", "nginx")


def test_much_is_cut() -> None:
    wide = {f"{number}": "x" * 5000 for number in range(5000)}
    deep = {str(n): {str(m): [wide] * 50 for m in range(50)} for n in range(50)}
    found = ask(Engine(document={"Config": deep, "Mounts": [wide] * 500, "Id": 1 << 99}), "web")
    assert len(json.dumps(found)) < 2_000_000
