from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons import blocks, library, markdown
from lessons.format import LANGUAGES


def test_a_command_has_its_buttons_and_is_escaped() -> None:
    html = markdown.render("```run\ndocker run -e A='<b>' x\n```\n", "en")
    assert "data-run" in html
    assert "data-copy" in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


def test_words_on_buttons_are_in_the_lessons_language() -> None:
    assert "실행" in markdown.render("```run\nls\n```\n", "ko")


def test_blocks() -> None:
    html = markdown.render("::: hint Look <here>\n*why*\n:::\n\n::: note\nn\n:::\n", "en")
    assert '<details class="hint" data-hint=""><summary>Look &lt;here&gt;</summary>' in html
    assert "<em>why</em>" in html
    assert '<aside class="note">' in html
    assert 'data-show-layers="nginx:latest"' in markdown.render(
        "::: layers nginx:latest\n:::\n", "en"
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        '::: layers x" onclick="alert(1)\n:::\n',
        "![x](data:text/html;base64,AAAA)",
    ],
)
def test_no_script_gets_through(text: str) -> None:
    html = markdown.render(text, "en").lower()
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "onclick=" not in html.replace("&quot;", "")
    assert 'src="data:text' not in html


@given(st.text())
def test_any_text_can_be_rendered(text: str) -> None:
    assert "<script" not in markdown.render(text, "en").lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_show_the_same_commands(language: str) -> None:
    """A translation explains; what is typed stays the same."""
    for lesson in library.lessons():
        for step in lesson.steps:
            english = _commands(step.sources["en"])
            assert _commands(step.sources[language]) == english, (lesson.slug, step.name)


def _commands(source: str) -> list[str]:
    return [
        token.content for token in markdown._parser().parse(source) if token.info.strip() == "run"
    ]


def test_rendering_changes_nothing_of_what_was_read() -> None:
    source = "# Title\n\nSee [another](lesson:images)\n"
    first = markdown.render(source, "en")
    assert "/lessons/images/" in first
    tokens = [child for each in blocks.read(source).tokens for child in each.children or []]
    links = [each.attrGet("href") for each in tokens if each.type == "link_open"]
    assert links == ["lesson:images"]
