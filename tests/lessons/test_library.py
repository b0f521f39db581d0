from __future__ import annotations

from pathlib import Path

import pytest

from lessons import library
from lessons.format import LANGUAGES
from lessons.problems import problems

_TOML = """
track = "run"
order = 1
level = "beginner"
minutes = 5
tags = []
images = ["debian"]
[title]
en = "T"
ko = "제"
[summary]
en = "S"
ko = "요"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lesson = tmp_path / "first"
    lesson.mkdir()
    (lesson / "lesson.toml").write_text(_TOML)
    for language in LANGUAGES:
        (lesson / f"01-start.{language}.md").write_text("# Title\n")
    return lesson


def test_reads_a_lesson(folder: Path) -> None:
    lesson = library.read(folder)
    assert lesson.slug == "first"
    assert lesson.titles == {"en": "T", "ko": "제"}
    assert [step.name for step in lesson.steps] == ["01-start"]


def test_all_lessons_of_the_product_are_there() -> None:
    library._of_folder.cache_clear()
    found = library.lessons()
    assert len(found) >= 20
    assert {lesson.track for lesson in found} == set(library.tracks())
    assert all(lesson.steps for lesson in found)


def test_no_lesson_of_the_product_has_a_mistake() -> None:
    assert [str(problem) for problem in problems()] == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("lesson.toml", _TOML.replace("minutes = 5", ""), "no key minutes"),
        ("lesson.toml", "surprise = 1" + _TOML, "unknown key surprise"),
        ("lesson.toml", _TOML.replace("beginner", "wizard"), "level: Input should be"),
        ("lesson.toml", _TOML.replace('ko = "요"', ""), "no key summary.ko"),
        ("lesson.toml", "[", "lesson.toml"),
        ("02-more.en.md", "# More\n", "02-more.ko.md: this translation is missing"),
        ("01-start.en.md", "no title\n", "starts with its title"),
        ("first.md", "# x\n", "a step is called"),
    ],
)
def test_names_the_file_and_the_mistake(folder: Path, name: str, text: str, said: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(library.LessonError, match=said):
        library.read(folder)
