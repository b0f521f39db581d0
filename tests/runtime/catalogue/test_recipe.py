from __future__ import annotations

from pathlib import Path

import pytest

from playground.runtime.catalogue import recipe
from playground.runtime.errors import BuildFailed

_GOOD = """
name = "{name}"
tags = ["{name}:latest"]
needs = {needs}
[summary]
en = "a"
ko = "b"
"""


def _write(images: Path, name: str, needs: list[str], text: str = _GOOD) -> None:
    folder = images / name
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "image.toml").write_text(text.format(name=name, needs=needs))


def test_every_recipe_of_the_product_can_be_read() -> None:
    names = [each.name for each in recipe.read_all()]
    wanted = "hello-world busybox debian nginx webapp python redis mariadb jenkins packages"
    assert set(names) >= set(wanted.split())
    assert names.index("debian") < names.index("nginx") < names.index("webapp")


def test_each_comes_after_what_it_needs(tmp_path: Path) -> None:
    _write(tmp_path, "top", ["middle"])
    _write(tmp_path, "middle", ["base"])
    _write(tmp_path, "base", [])
    assert [r.name for r in recipe.read_all(tmp_path)] == ["base", "middle", "top"]


def test_says_what_is_wrong(tmp_path: Path) -> None:
    _write(tmp_path, "one", ["other"])
    with pytest.raises(BuildFailed, match=r"one: needs 'other'"):
        recipe.read_all(tmp_path)
    _write(tmp_path, "other", ["one"])
    with pytest.raises(BuildFailed, match="circle"):
        recipe.read_all(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("tags =", "tagz ="), "unknown keys: tagz"),
        (('ko = "b"', ""), "no key 'ko'"),
        (('name = "{name}"', 'name = "x"'), "folder's name"),
        (("[summary]", "[summary"), "image.toml"),
    ],
)
def test_names_the_file_and_the_mistake(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    _write(tmp_path, "bad", [], _GOOD.replace(*change))
    with pytest.raises(BuildFailed, match=said):
        recipe.read_all(tmp_path)
