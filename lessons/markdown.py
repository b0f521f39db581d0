"""From a step's Markdown to HTML: CommonMark, and the blocks that a lesson has beyond it.

Raw HTML is off, every rule here escapes what it is given, and what comes out passes nh3 with a list
of what may be in a lesson: whoever wrote it, no script in it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, override
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from lessons import blocks
from lessons.blocks import Answer, Quiz
from playground.checks.spec import REFERENCE

_TAGS = set(
    "a p h1 h2 h3 h4 h5 h6 ul ol li table thead tbody tr th td pre code em strong blockquote hr br "
    "img figure figcaption details summary aside div section span button fieldset legend label "
    "input form header small".split()
)
_ATTRIBUTES = {
    "*": {"class", "aria-hidden", "aria-label", "role", "hidden"},
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "loading"},
    "button": {"type", "title"},
    "input": {"type", "name", "value", "id", "autocomplete", "spellcheck", "maxlength"},
    "label": {"for"},
    "ol": {"start"},
    "td": {"style"},
    "th": {"style"},
}


def _fence(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A code block; ``run`` ones get the buttons that type and copy them."""
    token = tokens[index]
    kind, *words = token.info.split() or [""]
    if kind == "run":
        return format_html(
            '<div class="command" data-command><pre><code>{}</code></pre>'
            '<div class="command-buttons">'
            '<button type="button" data-run title="{}">'
            '<span aria-hidden="true">▶</span> {}</button>'
            '<button type="button" data-copy title="{}">{}</button></div></div>\n',
            token.content,
            gettext("Type this into the terminal"),
            gettext("Run"),
            gettext("Copy to the clipboard"),
            gettext("Copy"),
        )
    if kind == "keys":
        return format_html(
            '<div class="command keys"><pre><code>{}</code></pre><div class="command-buttons">'
            '<button type="button" data-keys="{}" title="{}">{}</button></div></div>\n',
            token.content.strip(),
            token.content.strip(),
            gettext("Press these keys in the terminal"),
            gettext("Press"),
        )
    if kind == "file":
        env["files"] = env.get("files", -1) + 1
        return format_html(
            '<figure class="file"><figcaption><code>{}</code>'
            '<button type="button" data-put="{}">{}</button><span data-put-state role="status">'
            "</span></figcaption><pre><code>{}</code></pre></figure>\n",
            words[0] if words else "",
            env["files"],
            gettext("Put it on the host"),
            token.content,
        )
    if kind == "output":
        return format_html(
            '<figure class="output"><figcaption>{}</figcaption><pre><code>{}</code></pre>'
            "</figure>\n",
            gettext("Output"),
            token.content,
        )
    return format_html('<pre class="listing"><code>{}</code></pre>\n', token.content)


def _words(token: Token) -> str:
    """What stands behind the name of a container: ``::: hint A title``."""
    return token.info.strip().partition(" ")[2].strip()


def _hint(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    if tokens[index].nesting < 0:
        return "</details>\n"
    title = _words(tokens[index]) or gettext("Hint")
    return format_html('<details class="hint" data-hint><summary>{}</summary>\n', title)


def _solution(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any
) -> str:
    if tokens[index].nesting < 0:
        return "</details>\n"
    return format_html(
        '<details class="hint solution" data-solution="{}"><summary>{}</summary>\n',
        _words(tokens[index]),
        gettext("Solution"),
    )


def _check(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    if tokens[index].nesting < 0:
        return '</div><p class="missing" data-missing role="status"></p></section>\n'
    return format_html(
        '<section class="check" data-check="{}"><span class="mark" data-mark role="img" '
        'aria-label="{}"></span><div>\n',
        _words(tokens[index]),
        gettext("to do"),
    )


def _note(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return '<aside class="note">\n' if tokens[index].nesting > 0 else "</aside>\n"


def _layers(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    if tokens[index].nesting < 0:
        return "</p>\n"
    image = _words(tokens[index])
    if not REFERENCE.match(image):
        return '<p class="show-layers">'
    return format_html(
        '<p class="show-layers"><button type="button" data-show-layers="{}">{}</button>',
        image,
        gettext("Show the layers of %(image)s") % {"image": image},
    )


def _link(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    target = str(token.attrGet("href") or "")
    if target.startswith("lesson:"):
        slug, _, step = target[7:].partition("#")
        token = token.copy(attrs=dict(token.attrs))  # the source is read once for all languages
        where = reverse("lesson", args=[slug]) if blocks.SLUG.match(slug) else "#"
        token.attrSet("href", where + (f"#{step}" if step else ""))
    return str(self.renderToken([token], 0, options, env))


def _image(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    token = tokens[index]
    name = str(token.attrGet("src") or "")
    base = env.get("pictures", "")
    if not base or "/" in name or ":" in name:
        return format_html("{}", token.content)
    return format_html('<img src="{}{}" alt="{}" loading="lazy">', base, name, token.content)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = blocks.new_parser()
    rules = {
        "fence": _fence,
        "link_open": _link,
        "image": _image,
    }
    for name, render in (
        ("hint", _hint),
        ("note", _note),
        ("layers", _layers),
        ("solution", _solution),
        ("check", _check),
    ):
        rules[f"container_{name}_open"] = rules[f"container_{name}_close"] = render
    for name, render in rules.items():
        parser.add_render_rule(name, render)
    return parser


@lru_cache(maxsize=1024)
def render(source: str, language: str, pictures: str = "") -> SafeString:
    """Return a step's HTML; the words on its buttons are in ``language``.

    ``pictures`` is the address below which the lesson's pictures are.
    """
    with override(language):
        return _clean(_html(blocks.read(source), {"pictures": pictures}))


@lru_cache(maxsize=1024)
def why(answer_source: tuple[str, str, int], language: str) -> SafeString:
    """What is said to who chose an answer: of a step's source, a quiz's name, a number."""
    source, name, number = answer_source
    quiz = next(each for each in blocks.read(source).quizzes if each.name == name)
    with override(language):
        return _clean(_tokens(quiz.answers[number].why, {}))


def _html(step: blocks.StepSource, env: dict[str, Any]) -> str:
    quizzes = {quiz.line: quiz for quiz in step.quizzes}
    pieces: list[str] = []
    rest: list[Token] = []
    index = 0
    tokens = step.tokens
    while index < len(tokens):
        token = tokens[index]
        if token.type == "container_quiz_open" and token.map:
            pieces.append(_tokens(rest, env))
            rest = []
            pieces.append(_quiz(quizzes[token.map[0] + 1], env))
            index = blocks.closing(tokens, index) + 1
            continue
        rest.append(token)
        index += 1
    return "".join([*pieces, _tokens(rest, env)])


def _tokens(tokens: Sequence[Token], env: dict[str, Any]) -> str:
    parser = _parser()
    return str(parser.renderer.render(list(tokens), parser.options, env))


def _quiz(quiz: Quiz, env: dict[str, Any]) -> str:
    if quiz.kind == "text":
        inputs = format_html(
            '<p><input type="text" name="answer" autocomplete="off" spellcheck="false" '
            'maxlength="200" aria-label="{}"></p>',
            gettext("Your answer"),
        )
    else:
        kind = "radio" if quiz.kind == "one" else "checkbox"
        inputs = format_html_join(
            "\n",
            '<div class="answer"><label><input type="{}" name="answer" value="{}"> {}</label>'
            '<div class="why" data-why="{}"></div></div>',
            ((kind, n, _inline(answer, env), n) for n, answer in enumerate(quiz.answers)),
        )
    return format_html(
        '<form class="quiz" data-quiz="{}" data-kind="{}"><fieldset><legend>{}</legend>'
        '<div class="question">{}</div>{}</fieldset>'
        '<p><button type="submit">{}</button> <span data-quiz-state role="status"></span></p>'
        "</form>\n",
        quiz.name,
        quiz.kind,
        gettext("Question"),
        mark_safe(_tokens(quiz.question, env)),  # noqa: S308 - rendered here, cleaned at the end
        inputs,
        gettext("Answer"),
    )


def _inline(answer: Answer, env: dict[str, Any]) -> SafeString:
    inner = [token for token in answer.text if not token.type.startswith("paragraph_")]
    return mark_safe(_tokens(inner, env))  # noqa: S308 - rendered here, cleaned at the end


def _clean(html: str) -> SafeString:
    cleaned = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        generic_attribute_prefixes={"data-"},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener",
        filter_style_properties={"text-align"},
    )
    return mark_safe(cleaned)  # noqa: S308
