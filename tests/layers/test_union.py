"""What one sees at a height of a stack, and what each layer does to those below it."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.layers import index, union
from playground.layers.entries import Layer
from playground.layers.index import Index
from playground.layers.union import Union
from tests.layers import archives

BASE = archives.layer(
    {
        "etc/": None,
        "etc/motd": "hello\n",
        "etc/hosts": "127.0.0.1 localhost\n",
        "opt/": None,
        "opt/deep/": None,
        "opt/deep/file": "x" * 70,
        "opt/other": "y" * 30,
        "bin": (tarfile.SYMTYPE, "usr/bin"),
        "place/": None,
        "place/inner": "was here",
    }
)
UPPER = archives.layer(
    {
        "etc/motd": "hello again\n",
        "etc/.wh.hosts": "",
        "opt/.wh..wh..opq": "",
        "opt/new": "z",
        "implied/only/file": "1",
        "place": "a file now",
        ".wh.never": "",
    },
    mtime=2000,
)
#: The file of the base again, with the mode of another.
RIGHTS = archives.layer({"etc/motd": "hello again\n", "opt/.wh.new": ""}, mtime=2000, mode=0o600)


def stack(folder: Path, *layers: Layer) -> Iterator[Union]:
    indexes = []
    for number, layer in enumerate(layers):
        index.write(layer, folder / f"{number}.sqlite")
        indexes.append(Index(folder / f"{number}.sqlite"))
    yield Union(indexes)
    for each in indexes:
        each.close()


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Union]:
    yield from stack(tmp_path_factory.mktemp("union"), BASE, UPPER, RIGHTS)


def names(layers: Union, folder: bytes, height: int) -> list[tuple[bytes, int]]:
    return [(found.entry.path, found.layer) for found in layers.children(folder, height)]


def test_a_changed_and_a_removed_file(layers: Union) -> None:
    assert names(layers, b"etc", 0) == [(b"etc/hosts", 0), (b"etc/motd", 0)]
    assert names(layers, b"etc", 1) == [(b"etc/motd", 1)]
    assert layers.lookup(b"etc/hosts", 0)
    assert layers.lookup(b"etc/hosts", 1) is None
    assert layers.lookup(b"etc/hosts", 2) is None


def test_an_opaque_folder_shows_only_its_own(layers: Union) -> None:
    assert names(layers, b"opt", 1) == [(b"opt/new", 1)]
    assert names(layers, b"opt", 2) == []
    assert names(layers, b"opt/deep", 0) == [(b"opt/deep/file", 0)]
    assert names(layers, b"opt/deep", 1) == []
    assert layers.lookup(b"opt/deep/file", 2) is None


def test_a_file_in_a_folders_place(layers: Union) -> None:
    found = layers.lookup(b"place", 2)
    assert found and (found.entry.kind, found.layer) == ("file", 1)
    assert layers.lookup(b"place/inner", 0)
    assert layers.lookup(b"place/inner", 1) is None
    assert names(layers, b"place", 1) == []


def test_folders_without_an_entry_of_their_own(layers: Union) -> None:
    assert names(layers, b"implied", 1) == [(b"implied/only", 1)]
    # One that only holds something keeps the owner and mode of the one below.
    seen = layers.lookup(b"etc", 1)
    assert seen and seen.layer == 0


def test_what_a_layer_does(layers: Union) -> None:
    def change(path: bytes, number: int) -> str:
        entry = layers.layers[number].get(path)
        assert entry
        return layers.change(entry, number)

    assert change(b"etc/motd", 0) == union.ADDED
    assert change(b"etc/motd", 1) == union.CHANGED
    assert change(b"etc/motd", 2) == union.ATTRIBUTES
    assert change(b"opt/new", 1) == union.ADDED
    assert change(b"place", 1) == union.CHANGED
    marks = [e for e in layers.layers[1].children(b"") if e.kind == "whiteout"]
    assert [e.path for e in marks] == [b"never"]
    assert layers.change(marks[0], 1) == union.REMOVED


def test_what_a_whiteout_hides(layers: Union) -> None:
    assert layers.hidden_bytes(b"etc/hosts", 1) == len("127.0.0.1 localhost\n")
    assert layers.hidden_bytes(b"opt", 1) == 100
    assert layers.hidden_bytes(b"never", 1) == 0


def test_hard_links_count_once(tmp_path: Path) -> None:
    linked = archives.layer({"a": "x" * 50, "b": (tarfile.LNKTYPE, "a")})
    for layers in stack(tmp_path, linked):
        found = layers.lookup(b"b", 0)
        assert found and (found.entry.kind, found.entry.size) == ("hardlink", 0)
        assert found.entry.target == b"a"
        assert layers.layers[0].size == 50


def test_a_search_is_bounded_and_folds_letters(layers: Union) -> None:
    assert [e.path for e in layers.layers[0].search("MOTD", 9)] == [b"etc/motd"]
    assert [e.path for e in layers.layers[0].search("opt/deep", 9)] == [
        b"opt/deep",
        b"opt/deep/file",
    ]
    assert len(layers.layers[0].search("e", 2)) == 2
    assert layers.layers[0].search("%", 9) == []
