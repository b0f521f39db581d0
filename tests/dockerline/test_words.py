"""Lines are split as a shell splits them, and every word says where it stood."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.dockerline import words


def texts(line: str) -> list[list[str]]:
    return [[word.text for word in simple.words] for simple in words.split(line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", []),
        ("   ", []),
        ("docker ps", [["docker", "ps"]]),
        ("docker run  -e 'A=b c' x", [["docker", "run", "-e", "A=b c", "x"]]),
        ('echo "a \\"b\\" $HOME \\n"', [["echo", 'a "b" $HOME \\n']]),
        ("a\\ b c\\\n d", [["a b", "c", "d"]]),
        ("a | b |& c && d || e; f & g\nh", [[c] for c in "abcdefgh"]),
        ("echo hi > out 2>&1 < in", [["echo", "hi"]]),
        ("run # a comment\nnext", [["run"], ["next"]]),
        ("a#b", [["a#b"]]),
        ("-v $(pwd)/site:/x", [["-v", "$(pwd)/site:/x"]]),
        ("docker rm $(docker ps -aq | head -n 1) x", [["docker", "rm",
          "$(docker ps -aq | head -n 1)", "x"]]),
        ("docker rm `docker ps -q`", [["docker", "rm", "`docker ps -q`"]]),
        ('x "$(echo "a)")" y', [["x", '$(echo "a)")', "y"]]),
        ("''", [[""]]),
        ("한글 '빈 칸'", [["한글", "빈 칸"]]),
    ],
)  # fmt: skip
def test_a_line_as_a_shell_splits_it(line: str, expected: list[list[str]]) -> None:
    assert texts(line) == expected


def test_redirections_are_kept_apart() -> None:
    (simple,) = words.split("docker logs web >out.txt 2>&1")
    assert [each.text for each in simple.redirections] == [">out.txt", "2>&1"]


@pytest.mark.parametrize("line", ["echo 'a b", 'echo "a', "echo `a", "echo $(a", "echo ${a"])
def test_what_nothing_closes_is_said(line: str) -> None:
    (simple,) = words.split(line)
    assert simple.words[-1].unclosed


PLAIN = st.text(alphabet="ab-='\" \\./:한", max_size=30)


@given(PLAIN)
def test_words_are_those_of_shlex(line: str) -> None:
    try:
        expected = shlex.split(line, comments=False, posix=True)
    except ValueError:
        return
    assert [text for each in texts(line) for text in each] == expected


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=6))
def test_what_shlex_quotes_is_read_back(given_words: list[str]) -> None:
    assert texts(shlex.join(given_words)) == [given_words]


@given(st.text(max_size=60))
def test_any_text_is_read_and_places_are_right(line: str) -> None:
    for simple in words.split(line):
        last = 0
        for word in simple.words:
            assert last <= word.start <= word.end <= len(line)
            assert len(word.places) == len(word.text)
            assert all(
                line[place] == sign for place, sign in zip(word.places, word.text, strict=True)
            )
            last = word.end
