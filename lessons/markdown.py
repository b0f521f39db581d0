"""From a step's Markdown to HTML: CommonMark, and the blocks that a lesson has beyond it.

Raw HTML is off, so what comes out holds no tag that is not made here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, override
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

_IMAGE = re.compile(r"[a-z0-9][a-z0-9._/-]*(?::[A-Za-z0-9._-]+)?\Z")


def _fence(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """A code block; ``run`` ones get the buttons that type and copy them."""
    token = tokens[index]
    kind = token.info.strip().split(" ")[0]
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
    if kind == "output":
        return format_html(
            '<figure class="output"><figcaption>{}</figcaption><pre><code>{}</code></pre>'
            "</figure>\n",
            gettext("Output"),
            token.content,
        )
    return format_html('<pre class="listing"><code>{}</code></pre>\n', token.content)


Render = Callable[[RendererHTML, Sequence[Token], int, Any, Any], str]


def _words(token: Token) -> str:
    """What stands behind the name of a container: ``::: hint A title``."""
    return token.info.strip().partition(" ")[2].strip()


def _hint(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    if tokens[index].nesting < 0:
        return "</details>\n"
    title = _words(tokens[index]) or gettext("Hint")
    return format_html('<details class="hint"><summary>{}</summary>\n', title)


def _note(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return '<aside class="note">\n' if tokens[index].nesting > 0 else "</aside>\n"


def _layers(self: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    if tokens[index].nesting < 0:
        return "</p>\n"
    image = _words(tokens[index])
    if not _IMAGE.match(image):
        return '<p class="show-layers">'
    return format_html(
        '<p class="show-layers"><button type="button" data-show-layers="{}">{}</button>',
        image,
        gettext("Show the layers of %(image)s") % {"image": image},
    )


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
    blocks: dict[str, Render] = {"hint": _hint, "note": _note, "layers": _layers}
    for name, render in blocks.items():
        parser.use(container_plugin, name=name, render=render)
    parser.add_render_rule("fence", _fence)
    return parser


@lru_cache(maxsize=512)
def render(source: str, language: str) -> SafeString:
    """Return a step's HTML; the words on its buttons are in ``language``."""
    with override(language):
        # Safe: raw HTML is off, and every rule above escapes what it is given.
        return mark_safe(str(_parser().render(source)))  # noqa: S308
