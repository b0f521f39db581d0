"""On a phone: the keys that its keyboard lacks, and selecting by touch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.conftest import Site, give_back
from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        locale="en-US",
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/lessons/layer-stack/")
    page.locator("[data-tab=terminal-pane]").tap()
    TerminalPage(page).wait_for(PROMPT)
    yield page
    give_back(context)
    context.close()


def key(page: Page, name: str) -> None:
    page.get_by_role("toolbar").get_by_role("button", name=name, exact=True).tap()


def test_every_key_types_what_it_says(phone: Page) -> None:
    terminal = TerminalPage(phone)
    terminal.keys("cat -v\n")
    terminal.wait_for("cat -v$")
    for name in ("Escape", "up", "left", "hyphen", "tilde", "pipe", "slash"):
        key(phone, name)
    terminal.keys("\n")
    terminal.wait_for(r"^\^\[\^\[\[A\^\[\[D-~\|/$")
    key(phone, "Control C")
    terminal.wait_for(PROMPT)
    terminal.keys("echo tab-works; ls /etc/host")
    key(phone, "Control")
    expect(phone.locator("[data-key=ctrl]")).to_have_attribute("aria-pressed", "true")
    terminal.keys("u")  # Ctrl-U takes the line back
    expect(phone.locator("[data-key=ctrl]")).to_have_attribute("aria-pressed", "false")
    terminal.keys("cat /etc/hostn")
    key(phone, "Tab")
    terminal.keys("\n")
    terminal.wait_for("^docker-host$")
    key(phone, "up")
    terminal.wait_for(r"cat /etc/hostname ?\Z")
    key(phone, "Control")
    key(phone, "left")  # a word back
    terminal.keys("-n ")
    key(phone, "Alt")
    terminal.keys("f")
    terminal.keys("\n")
    terminal.wait_for("cat -n /etc/hostname|cat /etc/-n hostname")


def test_touching_a_key_keeps_the_keyboard(phone: Page) -> None:
    phone.locator("[data-active] textarea").focus()
    key(phone, "hyphen")
    key(phone, "Control")
    assert phone.evaluate("document.activeElement.matches('[data-active] textarea')")


def test_pastes_by_the_key_bar(phone: Page) -> None:
    phone.evaluate("navigator.clipboard.writeText('echo by-bar')")
    key(phone, "Paste")
    TerminalPage(phone).wait_for("# echo by-bar$")


def test_keys_are_large_enough_and_fit(phone: Page) -> None:
    boxes = phone.locator("[data-keybar] button").all()
    assert len(boxes) == 14
    for button in boxes:
        box = button.bounding_box()
        assert box and box["width"] >= 44 and box["height"] >= 44
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert box["y"] + box["height"] <= 844
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.evaluate("document.documentElement.scrollHeight") <= 844


def test_a_long_touch_selects_a_word_to_copy(phone: Page) -> None:
    terminal = TerminalPage(phone)
    terminal.run("echo touched-word other")
    box = phone.locator("[data-active] .xterm-screen").bounding_box()
    assert box
    row = phone.evaluate(
        """() => { const b = window.playground.terminal.terminal.buffer.active;
        for (let y = 0; ; y++)
            if (b.getLine(y).translateToString().startsWith("touched")) return y - b.viewportY; }"""
    )
    height = box["height"] / phone.evaluate("window.playground.terminal.terminal.rows")
    touch = {"x": box["x"] + 30, "y": box["y"] + (row + 0.5) * height}
    session = phone.context.new_cdp_session(phone)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [touch]})
    phone.wait_for_timeout(700)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(phone.get_by_role("menu")).to_be_visible()
    phone.get_by_role("menuitem", name="Copy").tap()
    phone.wait_for_function(
        "() => navigator.clipboard.readText().then((t) => t === 'touched-word')"
    )


def test_a_mouse_sees_no_key_bar(page: Page) -> None:
    page.goto("/lessons/layer-stack/")
    expect(page.locator("[data-keybar]")).to_be_hidden()
