"""Korean through an input method: what is composed arrives once, when it is done."""

from __future__ import annotations

import pytest
from playwright.sync_api import CDPSession, Page

from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


def compose(session: CDPSession, text: str) -> None:
    session.send(
        "Input.imeSetComposition",
        {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
    )


def test_syllables_arrive_once(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    session = page.context.new_cdp_session(page)
    terminal.keys("printf %s '")
    for stages in (["ㅎ", "하", "한"], ["ㄱ", "그", "글"]):
        for stage in stages:
            compose(session, stage)
            page.wait_for_timeout(30)
        session.send("Input.insertText", {"text": stages[-1]})
        page.wait_for_timeout(50)
    page.keyboard.type(" ok' | od -An -tx1\n")
    expected = " ".join(f"{byte:02x}" for byte in "한글 ok".encode())
    terminal.wait_for(rf"^ {expected}$")


def test_nothing_is_sent_before_it_is_composed(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    sent = "window.playground.terminal.connection.queue.end"
    session = page.context.new_cdp_session(page)
    terminal.keys("")
    before = page.evaluate(sent)
    compose(session, "ㅎ")
    compose(session, "하")
    page.wait_for_timeout(200)
    assert page.evaluate(sent) == before
    # What is being composed is seen where it will stand.
    assert page.locator("[data-active] .composition-view.active").inner_text() == "하"
    compose(session, "")  # taken back
    page.wait_for_timeout(200)
    assert page.evaluate(sent) == before
    assert terminal.run("echo clean") == "clean"


def test_enter_ends_a_composition_and_the_line(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    session = page.context.new_cdp_session(page)
    terminal.keys("echo ")
    compose(session, "가")
    page.wait_for_timeout(50)
    session.send("Input.insertText", {"text": "가"})
    page.keyboard.press("Enter")
    terminal.wait_for("^가$")
    terminal.wait_for(PROMPT)


def test_the_find_bar_takes_composed_text(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("echo 고래 고래")
    page.keyboard.press("Control+Shift+F")
    session = page.context.new_cdp_session(page)
    compose(session, "고")
    session.send("Input.insertText", {"text": "고래"})
    page.wait_for_function(
        "() => document.querySelector('[data-found]').textContent.includes('of 4')"
    )
