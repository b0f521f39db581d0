"""Copying when asked, pasting whole, and asking before lines run."""

from __future__ import annotations

import hashlib
import random
import string

import pytest
from playwright.sync_api import Page, expect

from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


def clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def put(page: Page, text: str) -> None:
    page.evaluate("(t) => navigator.clipboard.writeText(t)", text)


def select_word(page: Page, text: str) -> None:
    page.evaluate(
        """(text) => { const t = window.playground.terminal.terminal;
        const b = t.buffer.active;
        for (let y = b.length - 1; y >= 0; y--) {
            const x = b.getLine(y).translateToString(true).lastIndexOf(text);
            if (x >= 0) { t.select(x, y, text.length); return; } } }""",
        text,
    )


@pytest.mark.parametrize("key", ["Control+Shift+C", "Control+Insert", "Control+c"])
def test_copies_only_when_asked(page: Page, key: str) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    put(page, "before")
    terminal.run("echo copy-me")
    select_word(page, "copy-me")
    page.wait_for_timeout(200)
    assert clipboard(page) == "before"
    page.keyboard.press(key)
    page.wait_for_function("() => navigator.clipboard.readText().then((t) => t === 'copy-me')")


def test_copies_by_the_menu(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("echo from-the-menu")
    select_word(page, "from-the-menu")
    page.locator("[data-active] [data-terminal]").click(button="right")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => navigator.clipboard.readText().then((t) => t === 'from-the-menu')"
    )


@pytest.mark.parametrize("key", ["Control+Shift+V", "Control+v", "Shift+Insert"])
def test_pastes_by_key(page: Page, key: str) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    put(page, "echo by-key-$((20+2))")
    page.locator("[data-active] textarea").focus()
    page.keyboard.press(key)
    terminal.wait_for(r"echo by-key-\$\(\(20\+2\)\)$")
    page.keyboard.press("Enter")
    terminal.wait_for("^by-key-22$")


def test_pastes_by_the_menu(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    put(page, "echo by-menu")
    page.locator("[data-active] [data-terminal]").click(button="right")
    page.get_by_role("menuitem", name="Paste").click()
    terminal.wait_for("# echo by-menu$")
    assert page.evaluate("document.activeElement.matches('[data-active] textarea')")


def test_pastes_by_the_middle_button(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    put(page, "unused")
    # Chromium without a desktop has no second clipboard: the event that one would send.
    page.evaluate(
        """() => { const data = new DataTransfer();
        data.setData("text/plain", "echo by-middle");
        const how = { clipboardData: data, bubbles: true, cancelable: true };
        document.querySelector("[data-active] textarea").dispatchEvent(
            new ClipboardEvent("paste", how)); }"""
    )
    terminal.wait_for("# echo by-middle$")


def test_where_the_browser_gives_no_clipboard_a_field_takes_the_paste(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    page.evaluate("() => { navigator.clipboard.readText = () => Promise.reject(new Error('no')); }")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("menuitem", name="Paste").click()
    page.locator("[data-paste-by-hand-dialog] textarea").fill("echo by-hand")
    page.locator("[data-paste-by-hand-dialog]").get_by_role("button", name="Paste").click()
    terminal.wait_for("# echo by-hand$")


def test_asks_before_lines_run_at_once(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    dialog = page.locator("[data-paste-dialog]")
    put(page, "echo one\necho two\n")
    # A shell with bracketed paste shows the lines and runs none.
    page.locator("[data-active] textarea").focus()
    page.keyboard.press("Control+Shift+V")
    terminal.wait_for("echo two")
    assert "\none" not in terminal.screen()
    expect(dialog).to_be_hidden()
    page.keyboard.press("Control+c")
    terminal.wait_for(PROMPT)

    terminal.keys("bind 'set enable-bracketed-paste off'; clear\n")
    terminal.wait_for(r"\A" + PROMPT)
    page.wait_for_function("() => !window.playground.terminal.terminal.modes.bracketedPasteMode")
    page.keyboard.press("Control+Shift+V")
    expect(dialog).to_contain_text("2 lines")
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    assert "echo" not in terminal.screen()
    page.keyboard.press("Control+Shift+V")
    dialog.get_by_role("button", name="Paste as one line").click()
    terminal.wait_for("# echo one echo two$")
    page.keyboard.press("Control+c")
    page.keyboard.press("Control+Shift+V")
    dialog.get_by_role("button", name="Paste", exact=True).click()
    terminal.wait_for("^one$")
    terminal.wait_for("^two$")
    put(page, "echo with-enter\n")
    page.keyboard.press("Control+Shift+V")
    expect(dialog).to_contain_text("takes this line")
    page.keyboard.press("Escape")
    # One line does nothing before Enter: nobody is asked.
    put(page, "echo single")
    page.keyboard.press("Control+Shift+V")
    terminal.wait_for("# echo single$")
    expect(dialog).to_be_hidden()


def test_a_paste_of_a_megabyte_arrives_whole(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    letters = random.Random(1).choices(string.ascii_letters + "가나다🐳\t ", k=900_000)
    text = "".join(letters)
    pasted = b"\x1b[200~" + text.encode() + b"\x1b[201~"
    assert len(pasted) > 1_000_000
    # A program that turns bracketed paste on and reads it, as full-screen programs do.
    terminal.keys(
        "clear; stty raw -echo; printf '\\e[?2004hready\\r\\n'; "
        f"head -c {len(pasted)} | sha256sum; stty sane; printf '\\e[?2004l'\n"
    )
    terminal.wait_for("^ready$")
    put(page, text)
    page.evaluate(
        """() => { window.most = 0; const send = WebSocket.prototype.send;
        WebSocket.prototype.send = function (data) {
            send.call(this, data); window.most = Math.max(window.most, this.bufferedAmount); };
        }"""
    )
    page.keyboard.press("Control+Shift+V")
    said = terminal.wait_for(r"[0-9a-f]{64} +-$")
    assert hashlib.sha256(pasted).hexdigest() in said
    assert page.evaluate("window.most") <= (64 << 10) + (32 << 10) + 1
