"""Plays lessons in a browser: what they ask for is typed on the keyboard, quizzes are answered."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Page, expect

from lessons import library
from lessons.blocks import Block
from lessons.library import Lesson, Step
from lessons.scenes import scenes
from tests.site.terminal_page import PROMPT, TerminalPage

#: Milliseconds without output after which a line is done with: where the host's prompt is back,
#: where the screen ends like another program's prompt, and else.
_BACK, _WAITS, _STAYS = 150, 700, 4000
_AT_MOST = 120.0
#: Milliseconds in which a check must tick itself, once its commands are typed.
_TICKS_WITHIN = 30_000
_INNER_PROMPT = re.compile(r"[#$>\]:]\s?\Z")
#: How long the terminal has been quiet, counted in the page.
_FOLLOW = """() => {
    if (window.lastOutput) return;
    window.lastOutput = performance.now();
    window.playground.terminal.terminal.onWriteParsed(
        () => (window.lastOutput = performance.now())
    );
}"""


class LessonTypist:
    """A student who does what the lesson says, by the keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.terminal = TerminalPage(page)

    def play(self, lesson: Lesson) -> None:
        """From the first step to the last one of the lesson whose page is open."""
        self.terminal.wait_for(PROMPT)
        self.page.evaluate(_FOLLOW)
        for number, step in enumerate(lesson.steps):
            here = self.page.locator(f"[data-step='{step.name}']")
            expect(here).to_be_visible()
            self._step(step)
            mark = self.page.locator(f"[data-step-mark='{step.name}'][data-done]")
            last = number + 1 == len(lesson.steps)
            if not last:
                self._press("[data-next]")
            # A step without tasks is done by being left for the next one.
            expect(mark, f"{lesson.slug}/{step.name} is not done").to_have_count(1)

    def go_on(self) -> None:
        """From the last step to the next lesson, or to the track's certificate."""
        self._press("[data-following]")

    def _step(self, step: Step) -> None:
        for scene in scenes(step):
            for block in scene.actions:
                self._act(block)
            for check in scene.checks:
                ticked = self.page.locator(f"[data-check='{check.name}'][data-done]")
                expect(ticked, f"{step.name}: {check.name}").to_be_visible(timeout=_TICKS_WITHIN)
        for quiz in step.read().quizzes:
            form = self.page.locator(f"[data-quiz='{quiz.name}']")
            if quiz.kind == "text":
                form.locator("input[type=text]").press_sequentially(
                    quiz.answers[0].source.strip("`")
                )
            else:
                for right in quiz.right:
                    form.locator("input").nth(right).press("Space")
            form.get_by_role("button").press("Enter")
            expect(form.locator("[data-quiz-state]")).to_contain_text("✓")

    def _act(self, block: Block) -> None:
        if block.kind == "file":
            # A solution's file is put there with its button, as a student would who has opened it.
            closed = self.page.locator(".step:not([hidden]) [data-solution]:not([open])")
            while closed.count():
                closed.first.locator("summary").press("Enter")
            figure = self.page.locator(".step:not([hidden]) .file", has_text=block.name)
            for each in figure.all():
                if each.locator("figcaption code").inner_text() == block.name:
                    text = each.locator("pre").inner_text().strip()
                    if text == block.text.strip():
                        each.locator("[data-put]").press("Enter")
                        expect(each.locator("[data-put-state]")).to_contain_text("✓")
                        return
            raise AssertionError(f"no file {block.name} in the step")
        if block.kind == "keys":
            self.terminal.keys("")
            for key in block.text.split():
                self.page.keyboard.press(key.replace("Ctrl-", "Control+").replace("Esc", "Escape"))
                self.page.wait_for_timeout(200)
        else:
            # As in `Typist.type`: lines of one block are typed without waiting.
            self.terminal.keys(block.text.strip("\n") + "\n")
        self._settle()

    def _settle(self) -> None:
        """Wait until the line is done with, or its program waits for the keyboard."""
        deadline = time.monotonic() + _AT_MOST
        self.page.wait_for_timeout(100)
        while time.monotonic() < deadline:
            quiet = self.page.evaluate("performance.now() - window.lastOutput")
            screen = self.terminal.screen()
            back = re.search(PROMPT, screen)
            limit = _BACK if back else _WAITS if _INNER_PROMPT.search(screen) else _STAYS
            if quiet >= limit:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"it did not come to rest:\n{self.terminal.screen()[-2000:]}")

    def _press(self, selector: str) -> None:
        button = self.page.locator(selector)
        button.focus()
        self.page.keyboard.press("Enter")


def shortest_track() -> list[Lesson]:
    """The lessons of the track that takes the fewest minutes."""
    every = library.lessons()
    tracks = [[each for each in every if each.track == name] for name in library.tracks()]
    return min(tracks, key=lambda lessons: sum(each.minutes for each in lessons))
