"""The blocks of a step's Markdown, beyond CommonMark, in the order of the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

#: Blocks that hold text; see ``docs/lesson-format.md``.
CONTAINERS = ("check", "solution", "hint", "note", "layers", "quiz")
QUIZZES = ("one", "several", "text")

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_ANSWER = re.compile(r"\[([ xX])\]\s+")


@dataclass(frozen=True)
class Block:
    """One block: ``words`` is what stands behind its kind, ``line`` counts from 1."""

    kind: str
    words: tuple[str, ...]
    line: int
    text: str = ""
    #: The check that a solution around it belongs to.
    solution: str = ""

    @property
    def name(self) -> str:
        """The first word."""
        return self.words[0] if self.words else ""


@dataclass(frozen=True)
class Answer:
    """One answer of a quiz, as tokens of its text and of what is said to who chose it."""

    right: bool
    source: str
    text: tuple[Token, ...]
    why: tuple[Token, ...]


@dataclass(frozen=True)
class Quiz:
    """A question; ``question`` is tokens."""

    name: str
    kind: str
    line: int
    question: tuple[Token, ...]
    answers: tuple[Answer, ...]

    @property
    def right(self) -> tuple[int, ...]:
        """The numbers of the right answers."""
        return tuple(n for n, answer in enumerate(self.answers) if answer.right)


@dataclass(frozen=True)
class StepSource:
    """A step's Markdown, read."""

    title: str
    tokens: tuple[Token, ...]
    blocks: tuple[Block, ...]
    quizzes: tuple[Quiz, ...]


def new_parser() -> MarkdownIt:
    """A parser for the format, without any rendering of its own blocks."""
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
    # What a link may lead to is checked when it is rendered, and found by the checker before.
    for name in CONTAINERS:
        parser.use(container_plugin, name=name)
    return parser


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return new_parser()


@lru_cache(maxsize=1024)
def read(source: str) -> StepSource:
    """Read a step. Never raises: what is wrong with it is found by :mod:`lessons.problems`."""
    tokens = _parser().parse(source)
    blocks: list[Block] = []
    quizzes: list[Quiz] = []
    solution: list[str] = []
    for index, token in enumerate(tokens):
        line = (token.map[0] + 1) if token.map else 0
        if token.type == "fence":
            kind, *words = token.info.split() or [""]
            name = solution[-1] if solution else ""
            blocks.append(Block(kind, tuple(words), line, token.content, name))
        elif token.type.startswith("container_") and token.nesting > 0:
            kind, *words = token.info.split()
            blocks.append(Block(kind, tuple(words), line))
            if kind == "solution":
                solution.append(words[0] if words else "")
            elif kind == "quiz":
                quizzes.append(_quiz(words, line, tokens[index + 1 : closing(tokens, index)]))
        elif token.type == "container_solution_close":
            solution.pop()
    title = tokens[1].content if len(tokens) > 1 and tokens[0].tag == "h1" else ""
    return StepSource(title, tuple(tokens), tuple(blocks), tuple(quizzes))


def closing(tokens: Sequence[Token], opening: int) -> int:
    """The place of the token that closes the one at ``opening``."""
    depth = 0
    for index in range(opening, len(tokens)):
        depth += tokens[index].nesting
        if depth == 0:
            return index
    return len(tokens)


def _quiz(words: Sequence[str], line: int, inner: Sequence[Token]) -> Quiz:
    name, kind = (*words, "", "")[:2]
    start = next((n for n, t in enumerate(inner) if t.type == "bullet_list_open"), len(inner))
    answers = []
    index = start + 1
    while index < len(inner) and inner[index].type == "list_item_open":
        end = closing(inner, index)
        answers.append(_answer(inner[index + 1 : end]))
        index = end + 1
    return Quiz(name, kind, line, tuple(inner[:start]), tuple(answers))


def _answer(item: Sequence[Token]) -> Answer:
    end = closing(item, 0) + 1 if item else 0
    text: list[Any] = [token.copy() for token in item[:end]]
    right, source = False, ""
    for token in text:
        if token.type == "inline":
            if marked := _ANSWER.match(token.content):
                right = marked[1] != " "
                token.content = token.content[marked.end() :]
                first = token.children[0].copy()
                first.content = first.content[marked.end() :]
                token.children = [first, *token.children[1:]]
            source = token.content
            break
    return Answer(right, source, tuple(text), tuple(item[end:]))
