"""A line as a POSIX shell reads it, each word with where it stood in the line.

:mod:`shlex` splits the same way but does not say where a word was, and the page marks each part of
the line where it stands. Nothing is expanded: ``$(pwd)`` and ``$HOME`` stay as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

#: What ends a simple command (POSIX shell, 2.3); the longest first.
_SEPARATORS = ("&&", "||", ";;", "|&", ";", "|", "&", "\n", "(", ")")
#: What sends output elsewhere, with the number before it.
_REDIRECTION = re.compile(r"(?:\d+|&)?(?:>>|>\||>&|<<<|<<-?|<&|<>|>|<)")
_BLANK = " \t\r"
#: What a backslash takes its meaning from between double quotes.
_ESCAPED_IN_QUOTES = '$`"\\'

_Take = Callable[[int], None]


@dataclass(frozen=True)
class Word:
    """A word without its quotes, and from where to where it stood with them."""

    text: str
    start: int
    end: int
    #: Where each character of ``text`` stood.
    places: tuple[int, ...] = field(default=(), repr=False)
    #: The quote that nothing closes, if there is one.
    unclosed: str = ""

    def place(self, index: int) -> int:
        """Where the character of that number stood; behind the last one, the word's end."""
        return self.places[index] if index < len(self.places) else self.end


@dataclass(frozen=True)
class Simple:
    """A simple command: its words, and what was redirected beside them."""

    words: tuple[Word, ...]
    redirections: tuple[Word, ...]


def split(line: str) -> list[Simple]:
    """Return the simple commands of a line. Never raises; an unclosed quote ends with the line."""
    return _Reader(line).read()


class _Reader:
    """Goes through a line once, from left to right."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.at = 0
        self.found: list[Simple] = []
        self.words: list[Word] = []
        self.redirections: list[Word] = []

    def read(self) -> list[Simple]:
        while self.at < len(self.line):
            self._step()
        self._finish()
        return self.found

    def _step(self) -> None:
        line, at = self.line, self.at
        if line[at] in _BLANK:
            self.at += 1
        elif line.startswith("\\\n", at) or line.startswith("\\\r\n", at):
            self.at = line.index("\n", at) + 1
        elif line[at] == "#":
            end = line.find("\n", at)
            self.at = len(line) if end < 0 else end
        elif redirected := _REDIRECTION.match(line, at):
            self._redirect(redirected.end())
        elif separator := next((s for s in _SEPARATORS if line.startswith(s, at)), ""):
            self.at += len(separator)
            self._finish()
        else:
            self.words.append(self._word())

    def _redirect(self, end: int) -> None:
        start, self.at = self.at, end
        while self.at < len(self.line) and self.line[self.at] in _BLANK:
            self.at += 1
        target = self._word()
        text = self.line[start:end] + target.text
        self.redirections.append(Word(text, start, max(target.end, end)))

    def _finish(self) -> None:
        if self.words or self.redirections:
            self.found.append(Simple(tuple(self.words), tuple(self.redirections)))
        self.words, self.redirections = [], []

    def _word(self) -> Word:
        """The word that begins here; without quotes it ends at a blank or an operator."""
        line, start = self.line, self.at
        text: list[str] = []
        places: list[int] = []
        unclosed = ""

        def take(index: int) -> None:
            text.append(line[index])
            places.append(index)

        while self.at < len(line):
            sign = line[self.at]
            if sign in _BLANK or sign in ";|&\n()<>":
                break
            if sign == "'":
                end = line.find("'", self.at + 1)
                unclosed = "'" if end < 0 else ""
                end = len(line) if end < 0 else end
                for index in range(self.at + 1, end):
                    take(index)
                self.at = end + 1
            elif sign == '"':
                unclosed = self._quoted(take)
            elif sign == "\\":
                self._escape(take)
            elif line.startswith(("$(", "${", "`"), self.at):
                unclosed = self._substitution(take)
            else:
                take(self.at)
                self.at += 1
            if unclosed:
                break
        self.at = min(self.at, len(line))
        return Word("".join(text), start, self.at, tuple(places), unclosed)

    def _escape(self, take: _Take) -> None:
        """A backslash: the next character stands for itself, and a line's end for nothing."""
        if self.line.startswith("\n", self.at + 1):
            self.at += 2
        elif self.at + 1 < len(self.line):
            take(self.at + 1)
            self.at += 2
        else:
            take(self.at)
            self.at += 1

    def _quoted(self, take: _Take) -> str:
        line = self.line
        self.at += 1
        while self.at < len(line):
            sign = line[self.at]
            if sign == '"':
                self.at += 1
                return ""
            if sign == "\\" and line[self.at + 1 : self.at + 2] == "\n":
                self.at += 2
            elif sign == "\\" and line[self.at + 1 : self.at + 2] in tuple(_ESCAPED_IN_QUOTES):
                take(self.at + 1)
                self.at += 2
            elif line.startswith(("$(", "${", "`"), self.at):
                if unclosed := self._substitution(take):
                    return unclosed
            else:
                take(self.at)
                self.at += 1
        return '"'

    def _substitution(self, take: _Take) -> str:
        """``$(…)``, ``${…}`` or backquotes: kept as they are, with whatever is inside."""
        line = self.line
        opening, closing = ("`", "`") if line[self.at] == "`" else (line[self.at + 1], "")
        closing = closing or {"(": ")", "{": "}"}[opening]
        length = 1 if opening == "`" else 2
        for index in range(self.at, self.at + length):
            take(index)
        self.at += length
        depth = 1
        while self.at < len(line):
            sign = line[self.at]
            take(self.at)
            self.at += 1
            if sign in "'\"" and opening == "(":
                # A bracket between quotes closes nothing.
                end = line.find(sign, self.at)
                for index in range(self.at, end + 1):
                    take(index)
                self.at = max(self.at, end + 1)
            elif sign == closing:
                depth -= 1
            elif sign == opening:
                depth += 1
            if depth == 0:
                return ""
        return opening
