"""What tests do with the terminal of a lesson page."""

from __future__ import annotations

import re

from playwright.sync_api import Error, Page

PROMPT = r"root@docker-host:[^\n]*# ?\Z"

_SCREEN = """() => {
    if (!window.playground) return "";
    const buffer = window.playground.terminal.terminal.buffer.active;
    const lines = [];
    for (let i = 0; i < buffer.length; i++) {
        const line = buffer.getLine(i);
        const text = line.translateToString(true);
        if (line.isWrapped && lines.length) lines[lines.length - 1] += text;
        else lines.push(text);
    }
    return lines.join("\\n").trimEnd();
}"""


class TerminalPage:
    """The terminal as a student sees and uses it: text on a screen, keys on a keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.marks = 0

    def open(self, slug: str = "first-container") -> None:
        self.page.goto(f"/lessons/{slug}/")
        self.wait_for(PROMPT)

    def screen(self) -> str:
        try:
            text: str = self.page.evaluate(_SCREEN)
        except Error as error:
            if "navigation" in str(error):  # a new page is just being loaded
                return ""
            raise
        return text

    def wait_for(self, pattern: str, seconds: float = 60) -> str:
        """Wait until the screen matches; return it."""
        for _ in range(int(seconds / 0.05)):
            text = self.screen()
            if re.search(pattern, text, re.MULTILINE):
                return text
            self.page.wait_for_timeout(50)
        shown = self.page.inner_text("body")[:1500]
        raise AssertionError(
            f"{pattern!r} did not appear:\n{self.screen()[-3000:]}\n\nThe page says:\n{shown}"
        )

    def keys(self, text: str) -> None:
        """Type on the keyboard."""
        self.page.locator("[data-active] [data-terminal] textarea").focus()
        self.page.keyboard.type(text)

    def run(self, command: str, seconds: float = 60) -> str:
        """Type a command, wait for its end, return what it printed."""
        self.marks += 1
        # The mark is split in what is typed, so that only its output matches.
        self.keys(f"{command}; echo end''-{self.marks}\n")
        text = self.wait_for(rf"^(.*)end-{self.marks}$", seconds)
        output = text.rsplit(f"end''-{self.marks}", 1)[1].rsplit(f"end-{self.marks}", 1)[0]
        return output.strip("\n")
