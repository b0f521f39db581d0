"""What an engine is making just now: real builds and pulls, seen from outside while they run."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from playground.checks.facts import Facts
from playground.hub.under_way import UnderWay, news
from tests.support import Host, wait_until

pytestmark = pytest.mark.sandbox
_BUILD = """
mkdir -p /root/b && cd /root/b && echo hi >f && docker build -qt mine - <<'END'
FROM webapp
RUN sleep 1; echo a >/a
ENV NOTHING=1
RUN sleep 1; echo bb >/b
END
"""


@contextmanager
def _meanwhile(host: Host, script: str) -> Iterator[Callable[[], bool]]:
    """Run a script beside the test; gives whether it still runs."""
    thread = threading.Thread(target=host.sh, args=[script])
    thread.start()
    try:
        yield thread.is_alive
    finally:
        thread.join()


def _seen(host: Host, script: str) -> list[dict[str, dict[str, Any]]]:
    """What was being made in look after look while the script ran, and once after."""
    under_way = UnderWay(Facts(host.sandbox))
    looks = [under_way.read()]
    with _meanwhile(host, script) as runs:
        while runs():
            looks.append(under_way.read())
            time.sleep(0.05)
    wait_until(lambda: not under_way.read())
    return looks


def test_a_build_is_seen_a_step_at_a_time(host: Host) -> None:
    looks = _seen(host, _BUILD)
    assert looks[0] == {}
    image = host.sandbox.engine_get("/images/webapp/json")["Id"]
    running = [each for look in looks for each in look.values() if each.get("running")]
    assert {each["text"].partition(";")[2] for each in running} == {" echo a >/a", " echo bb >/b"}
    # While the second runs the first is finished, with its size, on the image it was built from.
    both = next(
        look for look in looks if any("bb" in e["text"] and e["running"] for e in look.values())
    )
    first = next(e for e in both.values() if e["text"].endswith("a >/a"))
    second = next(e for e in both.values() if "bb" in e["text"])
    assert (first["running"], first["size"]) == (False, 2)
    assert second["parent"] == first["id"]
    assert both[f"k:{first['parent']}"] | {"id": ""} == {
        **both[f"k:{first['parent']}"], "what": "base", "base": image, "id": "",
    }  # fmt: skip


def test_a_pull_is_seen_a_layer_at_a_time(host: Host) -> None:
    server = base64.b64encode((Path(__file__).parent / "registry.py").read_bytes()).decode()
    host.sh(
        f"echo {server} | base64 -d >/root/registry.py && docker run -d --name registry "
        "--network host -v /root:/it:ro python python3 /it/registry.py 0.05"
    )
    wait_until(lambda: host.try_sh("curl -s localhost:5000/v2/").returncode == 0)
    looks = _seen(host, "docker pull -q localhost:5000/it")
    sizes = [[e["bytes"] for e in look.values() if e["what"] == "blob"] for look in looks]
    assert max(map(len, sizes)) == 3
    assert len({max(each) for each in sizes if each}) > 3  # they grow
    digests = host.sandbox.engine_get("/images/localhost:5000/it/json")["RootFS"]["Layers"]
    layers = {key: each for look in looks for key, each in look.items() if each["what"] == "layer"}
    assert set(layers) <= set(digests)
    assert layers[digests[0]] == {
        "what": "layer", "digest": digests[0], "below": "", "size": 600_000,
    }  # fmt: skip
    # The first is there while the last is still being fetched.
    early = [look for look in looks if digests[0] in look]
    assert any(each["what"] == "blob" for each in early[0].values())


def test_only_what_is_finished_is_news() -> None:
    step: dict[str, Any] = {"what": "step", "text": "RUN x", "running": False}
    now: dict[str, dict[str, Any]] = {
        "k:1": step,
        "k:2": step | {"running": True},
        "k:3": step,
        "a:x": {"what": "blob", "bytes": 1},
        "sha256:0": {"what": "layer", "digest": "sha256:0"},
        "k:0": {"what": "base", "text": "from x"},
    }
    assert [(e["kind"], e["name"]) for e in news({"k:1": step}, now)] == [
        ("build", "RUN x"), ("pull", "sha256:0"),
    ]  # fmt: skip


class _Liar(Facts):
    """An engine that says what no engine would: a ring of steps, and a name that is a path."""

    def build_cache(self) -> list[dict[str, Any]]:
        a, b, c = ("a" * 25, "b" * 25, "c" * 25)
        below = {a: b, b: c, c: a, "../../../etc/passwd": a}
        record = {"InUse": True, "Description": "\u202e" * 9000, "Size": 1}
        return [record | {"ID": key, "Parents": [parent]} for key, parent in below.items()]


def test_a_ring_of_steps_ends(host: Host) -> None:
    host.sh("mkdir -p /var/lib/docker/overlay2/" + "a" * 25)
    try:
        steps = UnderWay(_Liar(host.sandbox)).read()
    finally:
        host.sh("rmdir /var/lib/docker/overlay2/" + "a" * 25)
    assert set(steps) == {f"k:{letter * 25}" for letter in "abc"}
    assert all(each["text"] == "\ufffd" * 300 for each in steps.values())
    assert steps["k:" + "a" * 25]["running"]
