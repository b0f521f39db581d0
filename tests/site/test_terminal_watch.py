"""Several viewers of one terminal: guests look on, ask to type, and all see who does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.conftest import Site
from tests.site.terminal_page import PROMPT, TerminalPage
from tests.support import wait_until

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


def _share(page: Page) -> str:
    page.locator('[data-toolbar] [data-action="menu"]').click()
    page.get_by_role("menuitem", name="Let others look on…").click()
    dialog = page.locator("[data-share-dialog]")
    expect(dialog.locator("input")).to_have_value(re.compile("/watch/"))
    link = dialog.locator("input").input_value()
    dialog.get_by_role("button", name="Close").click()
    return link


@pytest.fixture
def guest(browser: Browser, site: Site) -> Iterator[Page]:
    """A browser of somebody else, with no cookie of the student's."""
    context = browser.new_context(viewport={"width": 1000, "height": 700}, locale="en-US")
    yield context.new_page()
    context.close()


def _look_on(page: Page, link: str, name: str = "Gil") -> TerminalPage:
    page.goto(link)
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Look on").click()
    terminal = TerminalPage(page)
    terminal.wait_for(PROMPT)
    return terminal


def test_a_guest_sees_the_same_and_types_only_when_allowed(page: Page, guest: Page) -> None:
    student = TerminalPage(page)
    student.open()
    student.run("echo shown-before")
    watched = _look_on(guest, _share(page))
    watched.wait_for("shown-before")
    assert guest.evaluate("playground.terminal.screen.size") == page.evaluate(
        "playground.terminal.screen.size"
    )
    expect(page.locator('[data-notice="company"]')).to_contain_text("Looking on: Gil")

    guest.locator("[data-terminal] textarea").focus()
    guest.keyboard.type("echo sneaked''-in\n")
    student.run("echo not''-disturbed")
    watched.wait_for("^not-disturbed$")
    assert "sneaked" not in student.screen()

    guest.get_by_role("button", name="Ask to type").click()
    expect(page.locator('[data-notice="asks"]')).to_contain_text("Gil asks to type")
    page.get_by_role("button", name="Allow").click()
    expect(guest.locator('[data-notice="company"]')).to_contain_text("You may type.")
    guest.locator("[data-terminal] textarea").focus()
    guest.keyboard.type("echo by''-guest\n")
    expect(page.locator('[data-notice="company"] .detail')).to_have_text("Gil is typing…")
    student.wait_for("^by-guest$")
    student.keys("echo by''-student\n")
    expect(guest.locator('[data-notice="company"] .detail')).to_have_text("The student is typing…")

    page.get_by_role("button", name="Stop Gil from typing").click()
    expect(guest.locator('[data-notice="company"]')).to_contain_text("You look on.")
    guest.locator("[data-terminal] textarea").focus()
    guest.keyboard.type("echo sneaked''-in\n")
    student.run("true")
    assert "sneaked" not in student.screen()


def test_stopping_sends_guests_away_and_makes_links_void(page: Page, guest: Page) -> None:
    student = TerminalPage(page)
    student.open()
    link = _share(page)
    _look_on(guest, link)
    page.locator('[data-toolbar] [data-action="menu"]').click()
    page.get_by_role("menuitem", name="Let others look on…").click()
    page.get_by_role("button", name="Stop sharing all terminals").click()
    expect(guest.locator("[data-status]")).to_have_text(re.compile("has stopped sharing"))
    expect(page.locator('[data-notice="company"]')).to_have_count(0)
    assert guest.goto(link).status == 404  # type: ignore[union-attr]
    expect(guest.locator("main")).to_contain_text("This link holds no more")


def test_a_guest_sees_a_full_screen_program_whose_beginning_is_forgotten(
    page: Page, guest: Page
) -> None:
    student = TerminalPage(page)
    student.open()
    student.run("seq 1 60 > /root/lines")
    student.keys("less /root/lines\n")
    student.wait_for(r"^60$|lines \(END\)|^1\n2\n3")
    # Less draws again and again until its own first bytes are kept no more.
    page.evaluate("playground.terminal.type('gG'.repeat(1800))")
    page.wait_for_timeout(4000)
    watched = _look_on_program(guest, _share(page))
    kind = "window.playground?.terminal.terminal.buffer.active.type"
    wait_until(lambda: guest.evaluate(kind) == "alternate", seconds=20)
    watched.wait_for(r"^(4\d\n)+(5\d\n)+", seconds=20)
    wait_until(lambda: watched.screen() == student.screen(), seconds=20)
    assert guest.evaluate("playground.terminal.connection.liveFrom") > 300_000
    student.keys("q")
    student.wait_for(PROMPT)


def _look_on_program(page: Page, link: str) -> TerminalPage:
    page.goto(link)
    page.get_by_label("Your name").fill("Gil")
    page.get_by_role("button", name="Look on").click()
    return TerminalPage(page)
