"""Each mistake that ``lessons check`` reports, with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons import library
from lessons.problems import problems

_TRACKS = """
[run]
order = 1
title = { en = "T", ko = "제" }
summary = { en = "S", ko = "요" }
"""
_TOML = """track = "run"
order = 1
level = "beginner"
minutes = 5
requires = []
images = ["nginx"]
title = { en = "T", ko = "제" }
summary = { en = "S", ko = "요" }

[checks.made]
container = { name = "web" }

[checks.typed]
command = { docker = "ps", options = { all = true } }
"""
_STEP = """# Title

See [the other](lesson:other) and ![stack](stack.svg).

::: check made
Make it.
:::

::: check typed
Type it.
:::

```run
docker run -d --name web nginx
```

```keys
Ctrl-C Enter
```

```file /root/a
text
```

::: layers nginx
:::

::: quiz which one
Which?

- [ ] no
- [x] yes
:::

::: solution made
Like this.
:::
"""


@pytest.fixture
def content(tmp_path: Path) -> Path:
    (tmp_path / "tracks.toml").write_text(_TRACKS)
    for order, slug in enumerate(("first", "other"), start=1):
        lesson = tmp_path / slug
        lesson.mkdir()
        (lesson / "lesson.toml").write_text(_TOML.replace("order = 1", f"order = {order}"))
        (lesson / "stack.svg").write_text("<svg/>")
        for language in ("en", "ko"):
            (lesson / f"01-start.{language}.md").write_text(_STEP)
    return tmp_path


def _line(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


def test_what_is_right_is_not_reported(content: Path) -> None:
    assert problems(content) == []


#: What is put in place of what in ``lesson.toml``, and what is said, at the line of the new text.
_IN_TOML = [
    ('track = "run"', 'track = "walk"', "there is no track walk"),
    ("requires = []", 'requires = ["nowhere"]', "it requires nowhere, which is no lesson"),
    ("requires = []", 'requires = ["first"]', "its prerequisites lead back to it"),
    ('images = ["nginx"]', 'images = ["nginx", "oracle"]', "oracle is not in the catalogue"),
    ("minutes = 5", 'minutes = "long"', "minutes: Input should be a valid integer"),
    ("minutes = 5", "minuets = 5", "unknown key minuets"),
    ("minutes = 5", "minutes = ", "Invalid value"),
    ('{ name = "web" }', '{ nmae = "web" }', "unknown key nmae"),
    ('container = { name = "web" }', 'script = { run = "true" }', "the check made cannot fail"),
    ('docker = "ps"', 'docker = "sp"', "the check typed: docker has no command sp"),
    ("all = true", "al = true", "the check typed: docker ps has no option --al (--all)"),
    ("[checks.made]", '[checks.extra]\nvolume = { name = "v" }\n[checks.made]', "no step shows"),
]


@pytest.mark.parametrize(("old", "new", "said"), _IN_TOML)
def test_in_the_toml(content: Path, old: str, new: str, said: str) -> None:
    file = content / "first" / "lesson.toml"
    text = file.read_text().replace(old, new)
    assert new in text
    file.write_text(text)
    found = [each for each in problems(content, ("first",)) if said in each.message]
    assert len(found) == 1, problems(content, ("first",))
    assert found[0].file == file
    # A mistake in a check is reported at the check or at the key in it.
    check = text[: text.index(new)].rpartition("[checks.")[2].partition("]")[0]
    lines = {_line(text, new)}
    if "checks." in text[: text.index(new)]:
        lines.add(_line(text, f"[checks.{check}]"))
    assert found[0].line in lines
    assert str(found[0]).startswith(f"{file}:{found[0].line}: ")


#: What is put in place of what in both languages' steps, and what is said, at the new text's line.
_IN_STEPS = [
    ("::: check made", "::: check mad", "no check mad in lesson.toml"),
    ("::: check made", "::: chekc made", "unknown block chekc; there are check, solution"),
    ("(lesson:other)", "(lesson:gone)", "dead link: there is no lesson gone"),
    ("(lesson:other)", "(other.html)", "dead link other.html: write lesson:slug"),
    ("(stack.svg)", "(heap.svg)", "dead link: there is no picture heap.svg"),
    ("(stack.svg)", "(../stack.svg)", "is no picture of the lesson's folder"),
    ("![stack]", "![]", "has no text for who cannot see it"),
    ("```run", "```run often", "unknown word often behind run; there are skip, wrong"),
    ("--name web nginx", "--nmae web nginx", "docker will not take --nmae"),
    ("--name web nginx", "--name web redis", "the image redis is not in `images`"),
    ("--name web nginx", "--name web oracle", "the image oracle is not in the catalogue"),
    ("docker run -d --name web nginx", "", "nothing to run"),
    ("Ctrl-C Enter", "Ctrl-C Return", "unknown key Return"),
    ("```file /root/a", "```file root/a", "a file has a place"),
    ("::: layers nginx", "::: layers redis", "redis: `images` does not list it"),
    ("::: solution made", "::: solution maid", "a solution of maid, which this step does not show"),
    ("::: quiz which one", "::: quiz which none", "a quiz has a name and is one of one, several"),
    ("- [x] yes", "- [ ] yes", "0 answers are marked as right, with `one` it must be one"),
    ("- [ ] no", "- [x] no", "2 answers are marked as right, with `one` it must be one"),
    ("- [ ] no\n- [x] yes", "yes", "a quiz has a list of answers"),
    ("quiz which one", "quiz which text", "with `text` every line is an answer that is taken"),
    ("- [ ] no\n", "", "a quiz that no answer fails"),
]
#: What is not reported at the new text but at the block around it.
_AT_BLOCK = {
    "docker run -d --name web nginx": "```run",
    "--name web nginx": "```run",
    "Ctrl-C Enter": "```keys",
    "- [x] yes": "::: quiz",
    "- [ ] no": "::: quiz",
    "- [ ] no\n": "::: quiz",
    "- [ ] no\n- [x] yes": "::: quiz",
}


@pytest.mark.parametrize(("old", "new", "said"), _IN_STEPS)
def test_in_the_steps(content: Path, old: str, new: str, said: str) -> None:
    text = _STEP.replace(old, new)
    assert text != _STEP
    files = [content / "first" / f"01-start.{language}.md" for language in ("en", "ko")]
    for file in files:
        file.write_text(text)
    found = [each for each in problems(content, ("first",)) if said in each.message]
    line = _line(text, _AT_BLOCK.get(old) or new)
    assert [(each.file, each.line) for each in found] == [(file, line) for file in files], [
        str(each) for each in problems(content, ("first",))
    ]


def test_a_block_that_is_not_closed(content: Path) -> None:
    for language in ("en", "ko"):
        file = content / "first" / f"01-start.{language}.md"
        file.write_text(_STEP + "\nwords\n::: note\nmore\n")
    line = _line(file.read_text(), "::: note")
    assert [(each.line, each.message) for each in problems(content, ("first",))] == [
        (line, "this note is not closed by :::")
    ] * 2


@pytest.mark.parametrize(
    ("old", "new", "at", "said"),
    [
        ("docker run -d", "docker run -it", "```run", "this block is not as `run` of line"),
        ("::: layers nginx\n:::\n", "", "::: quiz", "this block is not as `layers`"),
        ("```keys\nCtrl-C Enter\n```\n", "", "```file", "this block is not as `keys`"),
        ("- [ ] no\n- [x] yes", "- [x] yes\n- [ ] no", "::: quiz", "not the same ones right"),
    ],
)
def test_a_translation_that_differs(content: Path, old: str, new: str, at: str, said: str) -> None:
    file = content / "first" / "01-start.ko.md"
    text = _STEP.replace(old, new)
    file.write_text(text)
    found = [each for each in problems(content, ("first",)) if said in each.message]
    assert [(each.file, each.line) for each in found][:1] == [(file, _line(text, at))] or (
        at == "::: quiz" and found
    )


def test_between_lessons(content: Path) -> None:
    other = content / "other" / "lesson.toml"
    other.write_text(_TOML.replace("requires = []", 'requires = ["first"]'))
    first = content / "first" / "lesson.toml"
    first.write_text(_TOML.replace("requires = []", 'requires = ["other"]'))
    said = [str(each) for each in problems(content)]
    assert f"{first}:5: its prerequisites lead back to it" in said
    assert f"{other}:5: its prerequisites lead back to it" in said
    assert f"{other}:2: first has the same order in its track" in said


def test_a_name_twice_in_a_lesson(content: Path) -> None:
    for language in ("en", "ko"):
        (content / "first" / f"02-more.{language}.md").write_text("# M\n\n::: check made\nx\n:::\n")
    (found,) = problems(content, ("first",))
    assert found.message == "there is more than one check or quiz made"


def test_a_lesson_that_is_not_there_and_broken_tracks(content: Path) -> None:
    assert [str(each) for each in problems(content, ("gone",))] == [
        f"{content}: there is no lesson gone"
    ]
    (content / "tracks.toml").write_text("[run]\nsummary = 1\n")
    library.tracks.cache_clear()
    assert [each.file for each in problems(content)] == [content / "tracks.toml"]
