"""Finding, sizes, colours, the bell, screen readers, and drawing without WebGL."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.conftest import Site
from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]

_CONTRAST = """() => {
    const luminance = (hex) => {
        const [r, g, b] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255)
            .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const theme = window.playground.terminal.terminal.options.theme;
    const [a, b] = [luminance(theme.foreground), luminance(theme.background)];
    return [b, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
}"""


def focus(page: Page) -> None:
    page.locator("[data-active] textarea").focus()


def test_find_in_the_scrollback(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("seq 1 3000; echo Whale whale WHALE")
    page.keyboard.press("Control+Shift+F")
    field = page.get_by_role("searchbox")
    expect(field).to_be_focused()
    field.fill("2999")
    found = page.locator("[data-found]")
    expect(found).to_have_text("1 of 1")
    field.fill("whale")
    expect(found).to_contain_text("of 6")  # the command and its output
    page.get_by_role("button", name="Match case").click()
    expect(found).to_contain_text("of 2")
    before = found.inner_text()
    field.press("Enter")
    expect(found).not_to_have_text(before)
    field.press("Shift+Enter")
    expect(found).to_have_text(before)
    field.fill("no such thing")
    expect(found).to_have_text("Nothing found")
    # Far above what is seen, and shown there.
    field.fill("17")
    page.get_by_role("button", name="Next match").click()
    page.wait_for_function(
        "() => (b => b.viewportY < b.baseY)(window.playground.terminal.terminal.buffer.active)"
    )
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    assert page.evaluate("document.activeElement.matches('[data-active] textarea')")


def test_size_of_the_text_is_kept(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    focus(page)
    columns = page.evaluate("window.playground.terminal.terminal.cols")
    for _ in range(4):
        page.keyboard.press("Control+Shift+Equal")
    size = "window.playground.terminal.terminal.options.fontSize"
    assert page.evaluate(size) == 18
    assert page.evaluate("window.playground.terminal.terminal.cols") < columns
    page.keyboard.press("Control+Shift+Minus")
    page.reload()
    terminal.wait_for(PROMPT)
    assert page.evaluate(size) == 17
    focus(page)
    page.keyboard.press("Control+Shift+Digit0")
    assert page.evaluate(size) == 14
    assert page.evaluate("devicePixelRatio") == 1  # the browser's own zoom kept out of it


def test_colours_follow_the_page(page: Page) -> None:
    terminal = TerminalPage(page)
    page.emulate_media(color_scheme="light")
    terminal.open()
    brightness, contrast = page.evaluate(_CONTRAST)
    assert brightness > 0.8 and contrast >= 7
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(300)
    brightness, contrast = page.evaluate(_CONTRAST)
    assert brightness < 0.1 and contrast >= 7
    assert page.evaluate("window.playground.terminal.terminal.options.minimumContrastRatio") >= 4.5


def test_the_bell_flashes_and_moves_nothing_for_those_who_want_none(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    page.evaluate(
        """() => { window.rings = []; new MutationObserver(([change]) =>
            change.target.classList.contains("rings") && window.rings.push(
                getComputedStyle(change.target, "::after").animationName)
        ).observe(document.querySelector("[data-active] [data-terminal]"),
            { attributes: true, attributeFilter: ["class"] }); }"""
    )
    terminal.run("printf '\\a'")
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_timeout(400)
    terminal.run("printf '\\a'")
    assert page.evaluate("window.rings") == ["ring", "none"]


def test_screen_readers_get_the_text(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("menuitemcheckbox", name="For screen readers").click()
    terminal.run("echo to be read")
    expect(page.locator("[data-active] .xterm-accessibility-tree")).to_contain_text("to be read")
    page.reload()
    expect(page.locator("[data-active] .xterm-accessibility-tree")).to_contain_text("to be read")
    page.get_by_role("button", name="Menu").click()
    choice = page.get_by_role("menuitemcheckbox", name="For screen readers")
    expect(choice).to_have_attribute("aria-checked", "true")
    choice.click()
    expect(page.locator("[data-active] .xterm-accessibility-tree")).to_have_count(0)


def test_without_webgl_the_terminal_is_drawn_all_the_same(page: Page) -> None:
    page.add_init_script(
        """(() => { const get = HTMLCanvasElement.prototype.getContext;
        window.contexts = [];
        HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
            const context = get.call(this, kind, ...rest);
            if (kind === "webgl2" && context) window.contexts.push(context);
            return context; }; })()"""
    )
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("echo drawn")
    rows = page.locator("[data-active] .xterm-rows")
    assert page.evaluate("window.contexts.length") > 0, "this browser has no WebGL"
    expect(rows).to_have_count(0)
    page.evaluate(
        "window.contexts.forEach((c) => c.getExtension('WEBGL_lose_context').loseContext())"
    )
    expect(rows).to_contain_text("drawn", timeout=10_000)
    assert terminal.run("echo and goes on") == "and goes on"
    expect(rows).to_contain_text("and goes on")


def test_links_open_in_a_tab_of_their_own(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    page.evaluate("() => { window.open = (...what) => { window.opened = what; return null; }; }")
    terminal.run("echo http://127.0.0.1:1/here")
    box = page.locator("[data-active] .xterm-screen").bounding_box()
    assert box
    row = next(n for n, t in enumerate(terminal.screen().splitlines()) if t.startswith("http"))
    height = box["height"] / page.evaluate("window.playground.terminal.terminal.rows")
    page.mouse.move(box["x"] + 20, box["y"] + (row + 0.5) * height)
    page.wait_for_timeout(300)
    page.mouse.click(box["x"] + 20, box["y"] + (row + 0.5) * height)
    page.wait_for_function("() => window.opened !== undefined")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
def test_menu_and_dialogs_fit_a_phone(
    browser: Browser, site: Site, scheme: str, language: str
) -> None:
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": 390, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
        locale=language,
    )
    page = context.new_page()
    page.goto("/lessons/layer-stack/")
    page.locator("[data-tab=terminal-pane]").click()
    TerminalPage(page).wait_for(PROMPT)
    page.locator("[data-action=menu]").click()
    for part in ("[data-menu]", "[data-help-dialog]"):
        box = page.locator(part).bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390
        if part == "[data-menu]":
            page.locator("[data-menu] [data-action=help]").click()
    page.keyboard.press("Escape")
    page.locator("[data-action=menu]").click()
    page.locator("[data-menu] [data-action=find]").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
