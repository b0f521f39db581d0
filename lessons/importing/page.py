"""Makes one page of a source into Markdown of a lesson, block by block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from lessons.importing.code_blocks import CodeBlocks
from lessons.importing.commands import Commands
from lessons.importing.dialect import Dialect, Mark, Prepared
from lessons.importing.draft import Names, fenced, no_block
from lessons.importing.inline import Inline
from lessons.importing.links import Links
from lessons.importing.outline import Outline
from lessons.importing.pieces import Action, HintEnds, HintOpens, Listing, Piece, Summary
from lessons.importing.quiz import Answer, Quiz
from lessons.importing.report import Report
from lessons.importing.source import Place


@dataclass(frozen=True)
class Heading:
    """A heading that stands in no list, quote or hint; ``line`` is its line of the output."""

    level: int
    title: str
    line: int


@dataclass
class Tools:
    """What the pages of a lesson share."""

    dialect: Dialect
    links: Links
    commands: Commands
    names: Names
    report: Report


class Page:
    """One page being made; ``lines`` and ``headings`` are the result."""

    def __init__(self, prepared: Prepared, file: str, tools: Tools) -> None:
        self._prepared = prepared
        self._file = file
        self._tools = tools
        self._report = tools.report
        self._out = Outline()
        self._code = CodeBlocks(self._out, tools.commands, tools.report)
        #: The line of the output at which a hint opened that is still open.
        self._hint: int | None = None
        self._hint_depth = 0
        self._hint_closing = False
        self.headings: list[Heading] = []
        self._env: dict[str, Any] = {}
        parser = MarkdownIt("commonmark", {"html": True}).enable("table")
        self._tokens = parser.parse("\n".join(line.text for line in prepared.lines), self._env)
        references = self._env.get("references", {})
        self._inline = Inline(tools.dialect, tools.links, self._report, references)
        self._read()

    @property
    def lines(self) -> list[str]:
        """The page as Markdown of a lesson."""
        return self._out.lines

    def _place(self, index: int, below: int = 0) -> Place:
        lines = self._prepared.lines
        number = lines[min(index, len(lines) - 1)].number if lines else 0
        return Place(self._file, number + below)

    def _read(self) -> None:
        at = 0
        while at < len(self._tokens):
            at = self._token(at)
        self._end_hint()
        for quiz in self._prepared.quizzes.values():
            why = "it stands in a code block that nothing closes: it is at the end of the page"
            self._report.change(quiz.place, quiz.question, why, quiz.last)
            self._quiz(quiz)
        marks = (*self._prepared.fences.values(), *self._prepared.beside.values())
        for mark in marks:
            if not mark.used:
                why = "there is nothing here that it could belong to"
                self._report.lose(mark.place, " ".join(mark.words), why)
        self._definitions()

    def _definitions(self) -> None:
        """Report the definitions of links that no link of the lesson has come of."""
        text = "\n".join(self._out.lines)
        every = [(key, False, each) for key, each in self._env.get("references", {}).items()]
        every += [(each["label"], True, each) for each in self._env.get("duplicate_refs", [])]
        for key, again, reference in every:
            if again or key not in self._inline.used or f"]({reference['href']}" not in text:
                start, end = reference["map"]
                place, what = self._place(start), f"[{key.lower()}]: {reference['href']}"
                last = self._place(max(start, end - 1)).line
                self._report.lose(place, what, "no link has come of this definition", last)

    def _token(self, at: int) -> int:
        token = self._tokens[at]
        kind = token.type
        if kind == "list_item_open":
            mark = f"{token.info}{token.markup} "
            self._out.enter(mark, " " * len(mark))
        elif kind in ("bullet_list_open", "ordered_list_open"):
            self._out.begin()
        elif kind == "blockquote_open":
            self._out.enter("> ", "> ")
        elif kind in ("list_item_close", "blockquote_close"):
            if self._hint is not None and self._hint_depth == self._out.depth:
                self._end_hint()  # it would end with its list item anyway
            self._out.leave()
            if self._hint_closing and self._hint_depth == self._out.depth:
                self._end_hint()
        elif kind == "heading_open":
            self._heading(token, self._tokens[at + 1])
            return at + 3
        elif kind == "paragraph_open":
            return self._paragraph(at)
        elif kind == "table_open":
            return self._table(at)
        elif kind in _LEAVES:
            _LEAVES[kind](self, token)
        return at + 1

    # Blocks of text

    def _heading(self, token: Token, inner: Token) -> None:
        place = self._place(_start(token))
        pieces = self._inline.read(" ".join(inner.content.split("\n")), place)
        text = "".join(piece for piece in pieces if isinstance(piece, str)).strip()
        level = int(token.tag[1])
        # The title is the only heading of the first level that a step has.
        line = self._out.put([f"{'#' * max(2, level)} {no_block(text)}"])
        if not self._out.depth and self._hint is None:
            title = self._inline.plain(inner.content, place)
            self.headings.append(Heading(level, title, line))
        self._code.act([piece for piece in pieces if isinstance(piece, Action)])

    def _paragraph(self, at: int) -> int:
        token, inner = self._tokens[at], self._tokens[at + 1]
        start, end = token.map or (0, 1)
        mark = self._beside(start, end, ".quiz")
        if mark and (after := self._quiz_below(at + 3, inner, mark)):
            return after
        pieces = self._inline.read(inner.content, self._place(start))
        self._put(pieces, tight=token.hidden)
        return at + 3

    def _html(self, token: Token) -> None:
        self._put(
            self._inline.read(token.content, self._place(_start(token)), in_html=True), html=True
        )

    def _put(self, pieces: list[Piece], tight: bool = False, html: bool = False) -> None:
        text, actions = "", list[Action]()

        def flush() -> None:
            nonlocal text, actions
            for lines in _paragraphs(text, html):
                self._out.put(lines, tight)
            self._code.act(actions)
            text, actions = "", []

        for piece in pieces:
            if isinstance(piece, str):
                text += piece
            elif isinstance(piece, Action):
                actions.append(piece)
            else:
                flush()
                if isinstance(piece, Listing):
                    self._out.put(fenced(piece.info, piece.text))
                else:
                    self._hint_piece(piece)
        flush()

    def _hint_piece(self, piece: HintOpens | Summary | HintEnds) -> None:
        if isinstance(piece, HintEnds):
            if self._hint is not None and self._out.depth > self._hint_depth:
                self._hint_closing = True  # a list in it must end before it
            else:
                self._end_hint()
        elif isinstance(piece, HintOpens):
            if self._hint is not None:
                place = Place(self._file, piece.line)
                self._report.change(place, "<details>", "a hint in a hint: it is part of the outer")
            else:
                self._hint = self._out.put(["::: hint"])
                self._hint_depth = self._out.depth
        elif self._hint == len(self._out.lines) - 1 and piece.text:
            self._out.lines[-1] += f" {piece.text}"
        elif piece.text:
            self._out.put([f"**{piece.text}**"])

    def _end_hint(self) -> None:
        if self._hint is None:
            return
        lines = self._out.lines
        if any(line.lstrip().startswith(":::") for line in lines[self._hint + 1 :]):
            # A block in a block: the outer one's marks are longer.
            lines[self._hint] = lines[self._hint].replace(":::", "::::", 1)
            self._out.put(["::::"])
        else:
            self._out.put([":::"])
        self._hint, self._hint_closing = None, False

    def _table(self, at: int) -> int:
        rows: list[str] = []
        actions: list[Action] = []
        cells: list[str] = []
        rule: list[str] = []
        place = self._place(_start(self._tokens[at]))
        while self._tokens[at].type != "table_close":
            token = self._tokens[at]
            if token.type == "tr_open" and token.map:
                place = self._place(token.map[0])
                cells = []
            elif token.type == "inline":
                pieces = self._inline.read(token.content, place)
                actions += [piece for piece in pieces if isinstance(piece, Action)]
                text = "".join(piece for piece in pieces if isinstance(piece, str))
                cells.append(no_block(text.replace("|", "\\|").replace("\n", " ")))
            elif token.type == "th_open":
                style = str(token.attrGet("style") or "")
                rule.append({"center": ":-:", "right": "--:"}.get(style.partition(":")[2], "---"))
            elif token.type == "tr_close":
                rows.append(f"| {' | '.join(cells)} |")
            elif token.type == "thead_close":
                rows.append(f"| {' | '.join(rule)} |")
            at += 1
        self._out.put(rows)
        self._code.act(actions)
        return at + 1

    # Code

    def _fence(self, token: Token) -> None:
        start, end = token.map or (0, 1)
        mark = self._prepared.fences.get(start) or self._beside(start, end, "exec")
        info = token.info.split()
        self._code.block(token.content, mark, self._place(start, 1), info[0] if info else "")

    def _code_block(self, token: Token) -> None:
        start = _start(token)
        # The blank lines behind it are no part of it.
        end = start + len(token.content.rstrip("\n").split("\n"))
        self._code.block(token.content, self._beside(start, end, "exec"), self._place(start), "")

    # Quizzes

    def _rule(self, token: Token) -> None:
        quiz = self._prepared.quizzes.pop(_start(token), None)
        if quiz is None:
            self._out.put(["---"])
        else:
            self._quiz(quiz)

    def _quiz(self, quiz: Quiz) -> None:
        quiz.question = self._line(quiz.question, quiz.place)
        for answer in quiz.answers:
            answer.text = self._line(answer.text, answer.place)
        self._out.put(quiz.lines(self._tools.names, self._report))

    def _line(self, text: str, place: Place) -> str:
        pieces = self._inline.read(text, place)
        for piece in pieces:
            if isinstance(piece, Action):
                self._code.unknown(piece.mark)
        text = "".join(piece for piece in pieces if isinstance(piece, str))
        return no_block(text.replace("\n", " "))

    def _quiz_below(self, at: int, question: Token, mark: Mark) -> int:
        """Play with Docker's quiz: a paragraph that is marked, with a list or a quote below it."""
        opening = self._tokens[at] if at < len(self._tokens) else None
        if opening is None or opening.type not in ("bullet_list_open", "blockquote_open"):
            return 0
        end, depth = at, 0
        while True:
            depth += self._tokens[end].nesting
            if not depth:
                break
            end += 1
        if any(token.type in (*_LEAVES, "table_open") for token in self._tokens[at:end]):
            return 0  # an answer is a text: what else stands in it must not be lost
        inner = [token for token in self._tokens[at:end] if token.type == "inline"]
        last = self._place((opening.map or (0, 1))[1] - 1).line
        text = opening.type == "blockquote_open"
        quiz = Quiz(
            question.content, "text" if text else "one", self._place(_start(question)), last
        )
        kinds = set()
        for token in inner:
            head, rest = token.content[:3], token.content[3:]
            place = self._place(_start(token))
            if text:
                quiz.answers.append(Answer(token.content, True, place))
            elif head in ("[ ]", "( )", "[x]", "(x)", "[X]", "(X)"):
                kinds.add(head[0])
                quiz.answers.append(Answer(rest.strip(), head[1] != " ", place))
            else:
                return 0
        if kinds == {"["}:
            quiz.kind = "several"
        mark.used = True
        self._quiz(quiz)
        return end + 1

    def _beside(self, start: int, end: int, word: str) -> Mark | None:
        """The mark below a block, or above it, if it has that word."""
        for index in (end, start - 1):
            mark = self._prepared.beside.get(index)
            if mark and not mark.used and word in mark.words:
                return mark
        return None


_LEAVES: dict[str, Callable[[Page, Token], None]] = {
    "fence": Page._fence,
    "code_block": Page._code_block,
    "html_block": Page._html,
    "hr": Page._rule,
}


def _start(token: Token) -> int:
    return token.map[0] if token.map else 0


def _paragraphs(text: str, html: bool) -> list[list[str]]:
    """A text's paragraphs as lines; nothing in them opens or closes a block of a lesson."""
    found: list[list[str]] = [[]]
    for line in text.split("\n"):
        if html:
            line = line.strip()
            line = f"\\{line}" if line.startswith(">") else line
        if not line.strip():
            found.append([])
            continue
        line = no_block(line)
        found[-1].append(line.rstrip(" ") if html else line)
    return [lines for lines in found if lines]
