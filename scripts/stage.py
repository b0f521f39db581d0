"""What a picture's scene plays on: browsers of a student, an operator, an instructor, a class."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Page

PROMPT = r"docker-host[^\n]*#"


@dataclass(frozen=True)
class Stage:
    """The pages of whoever plays, all in one language."""

    student: Page
    operator: Page
    instructor: Page
    #: Three who join the instructor's class.
    members: tuple[Page, ...]
    language: str

    def say(self, english: str, korean: str) -> str:
        """What is typed, in the language of the pictures."""
        return korean if self.language == "ko" else english

    def type(self, line: str, until: str, page: Page | None = None) -> None:
        """Type a line into a terminal, the student's unless told, and wait for what it prints."""
        page = page or self.student
        page.locator("[data-active] [data-terminal] textarea").focus()
        page.keyboard.type(line + "\n")
        self.wait_for(until, page)

    def wait_for(self, pattern: str, page: Page | None = None, seconds: float = 90) -> None:
        """Wait until a terminal shows a pattern."""
        page = page or self.student
        for _ in range(int(seconds / 0.1)):
            if re.search(pattern, page.evaluate(_SCREEN), re.MULTILINE):
                return
            page.wait_for_timeout(100)
        raise AssertionError(f"{pattern!r} did not appear in {page.url}")


_SCREEN = """() => {
    const terminal = window.playground?.terminal?.terminal;
    if (!terminal) return "";
    const buffer = terminal.buffer.active;
    const lines = [];
    for (let row = 0; row < buffer.length; row++)
        lines.push(buffer.getLine(row).translateToString(true));
    return lines.join("\\n");
}"""
