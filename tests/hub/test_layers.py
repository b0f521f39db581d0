"""Layers of a student's real host: what is there, and what its student can make of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from playground.hub.catalogue_library import CatalogueLibrary
from playground.hub.layers_library import SandboxLibrary
from playground.layers import conversation
from playground.runtime.node import Node
from playground.runtime.sandbox import Sandbox
from tests.support import Host

pytestmark = pytest.mark.sandbox


def ask(sandbox: Sandbox, op: str, **fields: Any) -> dict[str, Any]:
    question = json.dumps({"id": 1, "op": op, "layer": 0, "mode": "layer", **fields})
    found: dict[str, Any] = json.loads(
        conversation.reply(lambda: SandboxLibrary(sandbox), question)
    )
    return found


def answer(sandbox: Sandbox, op: str, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = ask(sandbox, op, **fields)["answer"]
    return found


def catalogue(node: Node, op: str, **fields: Any) -> dict[str, Any]:
    question = json.dumps({"op": op, "layer": 0, "mode": "layer", **fields})
    said = conversation.reply(lambda: CatalogueLibrary(node.config), question)
    found: dict[str, Any] = json.loads(said)["answer"]
    return found


def build(host: Host, tag: str, *steps: str) -> str:
    """Build an image on busybox; returns its id."""
    lines = "\n".join(["FROM busybox", *(f"RUN {step}" for step in steps)])
    return host.sh(f"docker build -qt {tag} - <<'END'\n{lines}\nEND", seconds=300)


@pytest.fixture(scope="module")
def mine(host: Host) -> str:
    return build(
        host, "mine", "mkdir /d; echo one > /d/a; echo two > /d/b; ln /d/a /d/c; echo t > /t",
        "rm -rf /d; mkdir /d; echo new > /d/b; rm /t; ln -s ../../etc/passwd /d/out",
    )  # fmt: skip


def test_the_catalogue_needs_no_host(node: Node) -> None:
    images = {each["tags"][0]: each for each in catalogue(node, "images")["images"]}
    webapp = images["webapp:latest"]
    assert webapp["layers"][0]["shared"] and not webapp["layers"][-1]["shared"]
    found = catalogue(node, "compare", image="nginx", other="webapp")
    assert [each["layer"] for each in found["fetched"]] == [len(webapp["layers"]) - 1]
    assert 0 < found["fetched_bytes"] < 20_000 < found["total_bytes"]
    assert [each["layer"] for each in catalogue(
        node, "compare", image="nginx", stack=catalogue(node, "stack", image="webapp")["layers"]
    )["fetched"]] == [len(webapp["layers"]) - 1]  # fmt: skip
    told = [(each["height"], each["created_by"]) for each in webapp["settings"]]
    assert (2, "STOPSIGNAL SIGQUIT") in told and all(height == 2 for height, _ in told)
    file = catalogue(node, "file", image="debian", path="/etc/debian_version")
    assert file["text"].startswith("13")


def test_layers_of_an_image_that_was_built(host: Host, mine: str) -> None:
    (image,) = [i for i in answer(host.sandbox, "images")["images"] if i["id"] == mine]
    assert len(image["layers"]) == 3 and "busybox:latest" in image["layers"][0]["shared"]
    first = answer(host.sandbox, "tree", image=mine, layer=1, path="/d")["entries"]
    assert [(e["path"], e["kind"], e["size"]) for e in first] == [
        ("/d/a", "file", 4), ("/d/b", "file", 4), ("/d/c", "hardlink", 0),
    ]  # fmt: skip
    top = answer(host.sandbox, "tree", image=mine, layer=2, path="/")["entries"]
    shown = {e["path"]: (e["change"], e.get("opaque")) for e in top}
    assert shown["/t"] == ("removed", None)
    assert shown["/d"][1] is True
    inside = answer(host.sandbox, "tree", image=mine, layer=2, path="/d")
    assert [e["path"] for e in inside["hidden"]] == ["/d/a", "/d/c"]
    union = answer(host.sandbox, "tree", image=mine, layer=2, mode="union", path="/d")["entries"]
    assert [e["path"] for e in union] == ["/d/b", "/d/out"]
    file = answer(host.sandbox, "file", image=mine, layer=2, path="/d/b")
    assert file["diff"].split("\n")[1:] == ["-two", "+new"]
    assert ask(host.sandbox, "file", image=mine, layer=2, path="/d/out")["error"] == "kind"


def test_instructions_without_a_layer(host: Host) -> None:
    image = host.sh(
        "docker build -qt set - <<'END'\nFROM busybox\nENV A=1\nRUN echo >/x\nWORKDIR /\n"
        "RUN true\nUSER 1000\nEND", seconds=300,
    )  # fmt: skip
    (found,) = [i for i in answer(host.sandbox, "images")["images"] if i["id"] == image]
    said = [(each["height"], each["created_by"]) for each in found["settings"]]
    assert said[:2] == [(1, 'CMD ["sh"]'), (1, "ENV A=1")]
    assert said[-1] == (len(found["layers"]), "USER 1000")
    assert all(each["created"] for each in found["settings"])


@pytest.mark.parametrize("image", ["nginx", "mine"])
def test_a_containers_own_layer_is_that_of_docker_diff(host: Host, mine: str, image: str) -> None:
    host.sh(f"docker run -d --name rw --entrypoint sh {image} -c 'sleep 600' 2>&1")
    try:
        host.sh(
            "docker exec rw sh -c 'echo more >> /etc/passwd; rm -rf /root; mkdir /new; echo 1 > "
            "/new/x; chmod 600 /etc/group; rm -r /etc/network /etc/apt 2>/dev/null; "
            "mkdir -p /etc/network; echo again > /etc/network/y; touch /bin/sh'"
        )
        theirs = {tuple(line.split(" ", 1)) for line in host.sh("docker diff rw").splitlines()}
        found = answer(host.sandbox, "container", container="rw")
        ours = {(each["change"], each["path"]) for each in found["changes"]}
        assert theirs <= ours
        # Docker leaves out a folder that has but the time and size of the one below.
        assert {change for change, _ in ours - theirs} <= {"C"}
        origins = {each["path"]: each["origin"] for each in found["changes"]}
        assert origins["/etc/passwd"] is not None and origins["/new/x"] is None
        written = answer(host.sandbox, "written", container="rw", path="/etc/passwd")
        assert written["diff"].endswith("+more")
        for path, code in (
            ("/new", "kind"),
            ("/../../../etc/shadow", "missing"),
            ("/no", "missing"),
        ):
            assert ask(host.sandbox, "written", container="rw", path=path)["error"] == code
    finally:
        host.sh("docker rm -f rw")


@pytest.mark.parametrize("name", ["", "../images/json", "a b", "x" * 300, "none", 5, "-x"])
def test_a_container_that_is_none(host: Host, name: object) -> None:
    assert ask(host.sandbox, "container", container=name)["error"] in (
        "container", "engine", "question",
    )  # fmt: skip


Rewrite = Callable[[str, Any], Any]


class Lying:
    """A sandbox whose engine changes its answers on the way: no real one lies on demand."""

    def __init__(self, sandbox: Sandbox, rewrite: Rewrite) -> None:
        self._sandbox, self._rewrite = sandbox, rewrite

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sandbox, name)

    def engine_get(self, path: str, seconds: float = 10.0) -> Any:
        return self._rewrite(path, self._sandbox.engine_get(path, seconds))


def lying(host: Host, image: str, change: Callable[[dict[str, Any]], None]) -> Any:
    """A host whose engine says something else of one image."""

    def rewrite(path: str, said: Any) -> Any:
        if path == f"/images/{image}/json":
            change(said)
        return said

    return Lying(host.sandbox, rewrite)


def test_a_layer_passed_off_as_the_catalogues(host: Host, mine: str, node: Node) -> None:
    """It is read where the catalogue has it, wherever the student's engine says that it is."""
    (genuine,) = [i for i in catalogue(node, "images")["images"] if "redis:latest" in i["tags"]]
    digest = genuine["layers"][-1]["digest"]
    before = catalogue(node, "tree", image="redis", layer=len(genuine["layers"]) - 1, path="/")

    def claim(said: dict[str, Any]) -> None:
        said["RootFS"]["Layers"][-1] = digest

    liar = lying(host, mine, claim)
    seen = answer(liar, "tree", image=mine, layer=2, path="/")
    assert [e["path"] for e in seen["entries"]] == [e["path"] for e in before["entries"]]
    assert "/d" not in [e["path"] for e in seen["entries"]]
    answer(liar, "figures", image=mine)
    after = catalogue(node, "tree", image="redis", layer=len(genuine["layers"]) - 1, path="/")
    assert after == before


def test_a_layer_passed_off_as_another_students(host: Host, mine: str, node: Node) -> None:
    """What one says of a digest nobody else hears."""
    other = node.create()
    try:
        theirs = build(Host(other), "theirs", "echo theirs > /theirs")
        (image,) = [i for i in answer(other, "images")["images"] if i["id"] == theirs]

        def claim(said: dict[str, Any]) -> None:
            said["RootFS"]["Layers"][1] = image["layers"][1]["digest"]

        seen = answer(lying(host, mine, claim), "tree", image=mine, layer=1, path="/")
        assert "/d" in [e["path"] for e in seen["entries"]]
        answer(lying(host, mine, claim), "figures", image=mine)
        seen = answer(other, "tree", image=theirs, layer=1, path="/")
        paths = [e["path"] for e in seen["entries"]]
        assert "/theirs" in paths and "/d" not in paths
        shared = node.config.cache_dir / "layers"
        assert not list(shared.glob(f"*{image['layers'][1]['digest'][7:]}*"))
    finally:
        other.remove()


@pytest.mark.parametrize(
    "folder",
    [
        "/etc", "/var/lib/docker/overlay2/../../../../etc/diff", "/var/lib/docker/overlay2//diff",
        "/var/lib/docker/overlay2/x/diff/../../..", "overlay2/x/diff", 5, None,
        "/var/lib/docker/overlay2/" + "x" * 64 + "/diff",
    ],
)  # fmt: skip
def test_a_folder_that_is_no_layer(host: Host, folder: object) -> None:
    image = build(host, "elsewhere", "echo e > /elsewhere")

    def claim(said: dict[str, Any]) -> None:
        said["RootFS"]["Layers"][-1] = "sha256:" + "ab" * 32
        said["GraphDriver"]["Data"]["UpperDir"] = folder

    said = ask(lying(host, image, claim), "tree", image=image, layer=1, path="/")
    assert said.get("error") in ("engine", "missing")


@pytest.mark.parametrize("trick", ["ln -s /etc", "mount --bind /etc", "touch"])
def test_a_layer_that_leads_elsewhere(host: Host, trick: str) -> None:
    """Its student is root where it lies: they put a link, a mount or a file in its place."""
    image = build(host, "tricked", f"echo '{trick}' > /tricked")
    folder = host.sh("docker image inspect -f '{{.GraphDriver.Data.UpperDir}}' tricked")
    if trick.startswith("mount"):
        host.sh(f"mkdir {folder}/place; {trick} {folder}/place")
    else:
        host.sh(f"mv {folder} {folder}.away; {trick} {folder}")
    try:
        said = ask(host.sandbox, "tree", image=image, layer=1, path="/")
        if trick.startswith("mount"):
            assert (
                answer(host.sandbox, "tree", image=image, layer=1, path="/place")["entries"] == []
            )
        else:
            assert said["error"] == "missing"
    finally:
        if trick.startswith("mount"):
            host.sh(f"umount {folder}/place; rmdir {folder}/place")
        else:
            host.sh(f"rm {folder}; mv {folder}.away {folder}")


@pytest.mark.parametrize(
    "said", [None, [], "x", {"Id": 5}, {"RootFS": None}, {"RootFS": {"Layers": ["x"] * 500}}, 7]
)
def test_an_engine_that_says_nonsense(host: Host, said: Any) -> None:
    liar: Any = Lying(host.sandbox, lambda path, _: said)
    for op in (
        "images",
        "tree",
        "figures",
        "compare",
        "container",
        "search",
        "file",
        "written",
        "stack",
    ):
        found = ask(liar, op, image="x", other="y", container="z", path="/", text="t")
        assert found.get("error") or found["answer"] == {
            "images": [], "containers": [], "more": False,
        }  # fmt: skip


def test_a_folder_of_more_than_a_page(host: Host) -> None:
    image = build(
        host, "many", "mkdir -p /m/1; touch /m/x; for n in $(seq 2000); do ln /m/x /m/1/$n; done"
    )
    found = answer(host.sandbox, "tree", image=image, layer=1, path="/m/1")
    assert len(found["entries"]) == 300 and found["more"]
    assert answer(host.sandbox, "tree", image=image, layer=1, path="/m/1", offset=1900)["entries"]
