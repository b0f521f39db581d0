from __future__ import annotations

import subprocess
from typing import Any

import pytest

from playground.runtime.catalogue import builder, recipe, store
from playground.runtime.config import RuntimeConfig
from tests.support import Host


def _image(digests: int) -> dict[str, Any]:
    return {"RootFS": {"Layers": [f"sha256:{n}" for n in range(digests)]}}


def _history(*sizes: int) -> list[dict[str, Any]]:
    """As the engine says it: the newest first."""
    steps = [{"Size": size, "CreatedBy": f"RUN {n}"} for n, size in enumerate(sizes)]
    return steps[::-1]


def test_layers_are_joined_with_the_instructions_that_made_them() -> None:
    layers = builder.layers_of(_image(2), _history(100, 0, 20, 0))
    assert [(x["digest"], x["created_by"], x["size"]) for x in layers] == [
        ("sha256:0", "RUN 0", 100),
        ("sha256:1", "RUN 2", 20),
    ]


def test_a_layer_without_files_is_still_a_layer() -> None:
    steps = ["import", "VOLUME [/data]", "WORKDIR /data", "CMD x"]
    history = [{"Size": 100 * (n == 0), "CreatedBy": each} for n, each in enumerate(steps)][::-1]
    layers = builder.layers_of(_image(2), history)
    assert [x["created_by"] for x in layers] == ["import", "WORKDIR /data"]
    steps_of = builder.steps_of(_image(2), history)
    assert [x["digest"] for x in steps_of] == ["sha256:0", "", "sha256:1", ""]
    assert [x["created_by"] for x in steps_of] == steps


@pytest.mark.parametrize(
    ("created_by", "makes"),
    [
        ("/bin/sh -c #(nop)  CMD [sh]", False),
        ("/bin/sh -c #(nop) WORKDIR /a", True),
        ("/bin/sh -c apt-get update", True),
        ("RUN /bin/sh -c true # buildkit", True),
        ("ENV A=b", False),
    ],
)
def test_knows_instructions_that_make_layers(created_by: str, makes: bool) -> None:
    assert builder._can_make_layer(created_by) == makes


class _Puller:
    """In place of a builder sandbox with a registry in reach, which cannot be had everywhere."""

    def __init__(self, *, answers: bool, pulls: bool) -> None:
        self.answers, self.pulls = answers, pulls
        self.said: list[str] = []

    def run(self, arguments: list[str], seconds: float = 0) -> subprocess.CompletedProcess[bytes]:
        line = " ".join(arguments)
        self.said.append(line)
        if arguments[0] == "curl":
            return subprocess.CompletedProcess(
                arguments, 0, b"401" if self.answers else b"000", b""
            )
        failed = line.startswith("docker pull") and not self.pulls
        return subprocess.CompletedProcess(arguments, int(failed), b"", b"toomanyrequests")


@pytest.mark.parametrize(
    ("answers", "pulls", "source"),
    [(True, True, "registry"), (True, False, "recipe"), (False, True, "recipe")],
)
def test_an_image_is_pulled_where_that_works_and_built_where_not(
    monkeypatch: pytest.MonkeyPatch, answers: bool, pulls: bool, source: str
) -> None:
    puller, told, built = _Puller(answers=answers, pulls=pulls), list[str](), list[str]()
    maker = builder._Builder(puller, told.append)  # type: ignore[arg-type]
    monkeypatch.setattr(maker, "_build", lambda image, say: built.append(image.name))
    monkeypatch.setattr(maker, "_describe", lambda image, source: {"source": source})
    mariadb = next(image for image in recipe.read_all() if image.name == "mariadb")
    assert maker.make(mariadb) == {"source": source}
    assert built == ([] if source == "registry" else ["mariadb"])
    pulled = f"docker tag {mariadb.reference} mariadb:latest" in puller.said
    assert pulled == (source == "registry")
    assert "docker tag mariadb:latest mysql:latest" in puller.said
    assert any("toomanyrequests" in line for line in told) == (answers and not pulls)


@pytest.mark.sandbox
def test_the_index_says_what_the_engine_says(host: Host) -> None:
    catalogue = store.find(RuntimeConfig.from_environ())
    assert catalogue is not None
    for image in catalogue.images():
        for tag in image["tags"]:
            assert host.sh(f"docker image inspect -f '{{{{.Id}}}}' {tag}") == image["id"]
    by_name = {image["name"]: image for image in catalogue.images()}
    digests = {n: [x["digest"] for x in i["layers"]] for n, i in by_name.items()}
    assert digests["nginx"][: len(digests["debian"])] == digests["debian"]
    assert digests["webapp"][:-1] == digests["nginx"]
    if by_name["jenkins"]["source"] == "recipe":
        assert by_name["jenkins"]["stand_in"]


@pytest.mark.sandbox
def test_shared_layers_take_no_room_on_a_new_disk(host: Host) -> None:
    """All images together are hundreds of megabytes; a disk holds their metadata only."""
    assert host.sandbox.inspect().disk_bytes < 60 << 20
