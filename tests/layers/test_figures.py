"""Comparison, advice, waste beyond what dive says of it, a file's change, a container's layer."""

from __future__ import annotations

import difflib
import random
from pathlib import Path

import pytest

from playground.layers import advice, compare, efficiency, readwrite, textdiff
from playground.layers.efficiency import measure
from playground.layers.union import Union
from tests.layers import archives
from tests.layers.test_union import BASE, UPPER, stack


def test_two_images_on_one_base() -> None:
    a, b, c = ("a", 100), ("b", 20), ("c", 3)
    found = compare.compare([a, b], [a, c])
    assert (found.shared, found.fetched) == (1, (1,))
    assert (found.fetched_bytes, found.total_bytes) == (3, 103)
    same = compare.compare([a, b], [a, b])
    assert (same.shared, same.fetched) == (2, ())
    # One that lies elsewhere in the other image is not fetched, though it is stored again.
    moved = compare.compare([a, b], [b, c])
    assert (moved.shared, moved.fetched) == (0, (1,))


def advised(folder: Path, *members: archives.Members) -> list[tuple[str, int, int, int, bytes]]:
    layers = [archives.layer(each, mtime=number) for number, each in enumerate(members)]
    for union in stack(folder, *layers):
        found = advice.advise(measure(layers), union)
    return [(each.code, each.layer, each.by, each.size, each.path) for each in found]


def test_a_file_that_a_later_layer_removes(tmp_path: Path) -> None:
    found = advised(tmp_path, {"etc/": None}, {"big": "x" * 9000}, {".wh.big": ""})
    assert found == [(advice.REMOVED, 1, 2, 9000, b"big")]


def test_a_folder_that_a_later_layer_removes(tmp_path: Path) -> None:
    found = advised(tmp_path, {"d/": None, "d/a": "x" * 500, "d/b": "y" * 400}, {".wh.d": ""})
    assert found == [(advice.REMOVED, 0, 1, 900, b"d")]


def test_a_folder_that_a_later_layer_has_anew(tmp_path: Path) -> None:
    first = {"d/": None, "d/a": "x" * 500, "d/e/b": "y" * 400}
    found = advised(tmp_path, first, {"d/": None, "d/.wh..wh..opq": "", "d/a": "z" * 300})
    assert found == [
        (advice.REWRITTEN, 0, 1, 500, b"d/a"),
        (advice.REMOVED, 0, 1, 400, b"d/e"),
    ]


def test_a_file_written_twice(tmp_path: Path) -> None:
    found = advised(tmp_path, {"a": "x" * 700}, {"a": "y" * 800})
    assert found == [(advice.REWRITTEN, 0, 1, 700, b"a")]


def test_a_file_with_another_mode(tmp_path: Path) -> None:
    layers = [archives.layer({"a": "x" * 700}, mode=mode) for mode in (0o600, 0o755)]
    for union in stack(tmp_path, *layers):
        (found,) = advice.advise(measure(layers), union)
    assert (found.code, found.size) == (advice.ATTRIBUTES, 700)


def test_a_cache_that_stays_and_one_that_goes(tmp_path: Path) -> None:
    lists = {"var/lib/apt/lists/deb": "x" * 600}
    assert advised(tmp_path, lists) == [(advice.CACHE, 0, 0, 600, b"var/lib/apt/lists")]
    gone = advised(tmp_path, lists, {"var/lib/apt/lists/.wh.deb": ""})
    assert [code for code, *_ in gone] == [advice.REMOVED]


def test_entries_of_all_layers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficiency, "MOST_ENTRIES", 4)
    layers = [archives.layer({f"{n}-{m}": "x" for m in range(3)}) for n in range(3)]
    found = measure(layers)
    assert found.truncated
    assert found.size_bytes == 4
    assert not measure(layers[:1]).truncated


def patched(before: list[str], diff: list[str]) -> list[str]:
    """What a unified diff makes of lines."""
    lines, at = [], 0
    for line in diff:
        if line.startswith("@@"):
            first, _, length = line.split()[1][1:].partition(",")
            start = int(first) - (length != "0")
            lines += before[at:start]
            at = start
        elif line.startswith("+"):
            lines.append(line[1:])
        else:
            assert before[at] == line[1:]
            at += 1
            if line.startswith(" "):
                lines.append(line[1:])
    return lines + before[at:]


def test_a_diff_says_what_changed() -> None:
    dice = random.Random(5)
    for _ in range(200):
        before = [dice.choice("abcd") for _ in range(dice.randrange(30))]
        after = [each for each in before if dice.random() > 0.2]
        after.insert(dice.randrange(len(after) + 1), "new")
        diff = textdiff.unified("\n".join(before), "\n".join(after))
        assert patched(before, diff) == after


def test_a_diff_is_that_of_the_library_where_it_is_small() -> None:
    before, after = [f"{n}\n" for n in range(50)], [f"{n}\n" for n in range(50) if n != 30]
    expected = [line.rstrip("\n") for line in difflib.unified_diff(before, after)][2:]
    assert textdiff.unified("".join(before), "".join(after)) == expected


def test_a_diff_of_large_texts_takes_no_time_of_their_square() -> None:
    before = "\n".join(["same"] * 9 + ["x", "y"] * 20_000)
    after = "\n".join(["same"] * 9 + ["y", "x", "z"] * 20_000)
    diff = textdiff.unified(before, after)  # minutes, if it were compared line by line
    assert patched(before.split("\n"), diff) == after.split("\n")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain\n", "plain\n"),
        (b"", ""),
        ("글".encode(), "글"),
        ("글".encode()[:-1], ""),  # cut in the middle of its last letter
        (b"\x7fELF\0\1", None),
        (b"\xff\xfe bad", None),
        (b"\1\2\3\4" * 9, None),
        (b"\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
    ],
)
def test_what_is_text(data: bytes, text: str | None) -> None:
    assert textdiff.text_of(data) == text


def test_what_a_container_changed(tmp_path: Path) -> None:
    own = archives.layer(
        {
            "etc/motd": "changed\n",
            "etc/new": "n",
            "opt/.wh.new": "",
            "root/.wh.gone": "",
            "implied/": None,
            "implied/.wh..wh..opq": "",
        },
        mtime=3000,
    )
    for union in stack(tmp_path, BASE, UPPER):
        found = readwrite.changes(own, union)
    assert [(change.kind, change.entry.path, change.origin) for change in found] == [
        ("C", b"etc", 0),
        ("C", b"etc/motd", 1),
        ("A", b"etc/new", None),
        ("C", b"implied", 1),
        ("D", b"implied/only", 1),
        ("C", b"opt", 0),
        ("D", b"opt/new", 1),
        ("A", b"root", None),
    ]


def test_a_container_that_changed_nothing(tmp_path: Path) -> None:
    for union in stack(tmp_path, BASE):
        assert readwrite.changes(archives.layer({}), union) == []
    assert readwrite.changes(archives.layer({"a": "1"}), Union([]))[0].kind == "A"
