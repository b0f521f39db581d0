from __future__ import annotations

from pathlib import Path

import pytest

from lessons.importing.run import import_lesson
from lessons.importing.source import BadSource
from tests.lessons.import_support import LOOSE_ENDS, SAMPLES, SHELVES, bring, changed, said


def test_a_lab_becomes_a_lesson_without_a_mistake(tmp_path: Path) -> None:
    made, lesson = bring(SHELVES, tmp_path)
    assert made.problems == []
    assert (lesson.slug, lesson.minutes, lesson.level) == ("shelves", 10, "beginner")
    assert lesson.titles["en"] == "Shelves that stay"
    assert lesson.tags == ("beginner", "volumes", "linux")
    assert lesson.images == ("busybox", "debian")
    assert [step.read().title for step in lesson.steps] == [
        "Shelves that stay",
        "Write into a volume",
        "Ask where it lies",
        "Questions",
    ]
    assert (lesson.folder / "shelf.png").read_bytes()[:4] == b"\x89PNG"


def test_terminals_templates_and_highlights_become_run_blocks(tmp_path: Path) -> None:
    _, lesson = bring(SHELVES, tmp_path)
    blocks = [block for step in lesson.steps for block in step.read().blocks]
    assert [block.text for block in blocks if block.kind == "run"] == [
        "docker volume create shelf\n"
        "docker run --rm -v shelf:/shelf busybox sh -c 'echo jasmine > /shelf/tea'\n",
        "docker run --rm -v shelf:/shelf debian cat /shelf/tea\n",
        "docker volume inspect shelf\n",
        "docker volume inspect -f '{{ .Name }}' shelf\n",
        "docker volume ls\n",
        "docker ps -a\n",
    ]
    assert "Braces like {{ .These }} stay." in lesson.steps[2].sources["en"]


def test_quizzes(tmp_path: Path) -> None:
    _, lesson = bring(SHELVES, tmp_path)
    quizzes = lesson.steps[3].read().quizzes
    assert [(quiz.kind, quiz.right) for quiz in quizzes] == [
        ("one", (1,)),
        ("several", (0, 2)),
        ("text", (0,)),
    ]
    assert quizzes[2].answers[0].source == "shelf"


@pytest.mark.parametrize(
    "wanted",
    [
        "2: layout: landing",
        "7: img: front.png",
        "11: {% include congratulations.html %}",
        "13: link to /beginner-linux",
        '13: {:data-port="8080"}',
        "14: link to /about",
        '14: {:target="_blank"}',
        "16: exec T2: a second terminal",
        "20: {{ page.unknown }}",
        "20: {% if x %}",
        "22: {% comment %}",
        "23: Left out.",
        "29: .quiz: there is nothing here that it could belong to",
        "34: .fancy",
        "37: docker run -it ubuntu bash: the image ubuntu is not in the catalogue",
        "40: <iframe",
    ],
)
def test_what_does_not_map_is_listed_by_file_and_line(tmp_path: Path, wanted: str) -> None:
    made, _ = bring(LOOSE_ENDS, tmp_path)
    start = f"_posts/2024-06-02-loose-ends.md:{wanted}"
    assert any(line.startswith(start) for line in said(made)), "\n".join(said(made))


def test_odd_pages_still_make_a_lesson_without_a_mistake(tmp_path: Path) -> None:
    made, lesson = bring(LOOSE_ENDS, tmp_path)
    assert made.problems == []
    text = lesson.steps[0].sources["en"]
    assert "Open the page (`http://localhost:8080`) or a lab or\nthe site." in text
    assert "What a page may have that a lesson has not. Yet" in text
    assert "Type `docker info` now.\n\n```run\ndocker info\n```" in text
    assert any("terms: 2" in line for line in changed(made))


def test_the_only_page_of_a_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "lab.md").write_text("---\ntitle: Only\n---\nText.\n")
    _, lesson = bring(tmp_path, tmp_path / "out")
    assert lesson.titles["en"] == "Only"
    with pytest.raises(BadSource, match="name one of its pages: 2024-05-01"):
        import_lesson(SAMPLES / "labs/_posts", tmp_path / "out")


def test_a_page_without_front_matter_has_its_heading(tmp_path: Path) -> None:
    (tmp_path / "lab.md").write_text("# Heading\n\nText.\n")
    _, lesson = bring(tmp_path / "lab.md", tmp_path / "out")
    assert lesson.titles["en"] == "Heading"
    assert lesson.steps[0].sources["en"] == "# Heading\n\nText.\n"
