from __future__ import annotations

from pathlib import Path

import pytest

from playground.runtime.bundle import LAYERS_INSIDE
from playground.runtime.catalogue import skeleton
from playground.runtime.errors import BuildFailed


def test_another_layout_does_not_go_unnoticed(tmp_path: Path) -> None:
    """Docker 29 keeps images in containerd by default: that must fail, not make an empty host."""
    docker = tmp_path / "docker"
    (docker / "containerd").mkdir(parents=True)
    with pytest.raises(BuildFailed, match="overlay2"):
        skeleton.extract(docker, tmp_path / "layers", tmp_path / "skeleton")


def test_a_layer_without_its_files_is_refused(tmp_path: Path) -> None:
    image = tmp_path / "docker" / "image" / "overlay2"
    chain = image / "layerdb" / "sha256" / "abc"
    chain.mkdir(parents=True)
    (image / "repositories.json").write_text("{}")
    (chain / "cache-id").write_text("layer1")
    with pytest.raises(BuildFailed, match="layer1"):
        skeleton.extract(tmp_path / "docker", tmp_path / "layers", tmp_path / "skeleton")


def test_diffs_become_links_into_the_shared_layers(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    image = docker / "image" / "overlay2"
    chain = image / "layerdb" / "sha256" / "abc"
    chain.mkdir(parents=True)
    (image / "repositories.json").write_text("{}")
    (chain / "cache-id").write_text("layer1")
    layer = docker / "overlay2" / "layer1"
    (layer / "diff").mkdir(parents=True)
    (layer / "diff" / "file").write_text("x")
    (layer / "link").write_text("SHORT")
    (layer / "committed").write_text("")
    assert skeleton.extract(docker, tmp_path / "layers", tmp_path / "sk") == ["layer1"]
    made = tmp_path / "sk" / "overlay2"
    assert (made / "layer1" / "diff").readlink() == Path(LAYERS_INSIDE, "layer1")
    assert (made / "l" / "SHORT").readlink() == Path("../layer1/diff")
    assert (tmp_path / "layers" / "layer1" / "file").read_text() == "x"
    # A base lies on an empty layer, else the driver would compare it by its link.
    below = (made / "layer1" / "lower").read_text()
    assert list((made / below).iterdir()) == []
    assert (made / "layer1" / "committed").exists()
