"""Several terminals on one host: tabs, side by side, by keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.conftest import Site
from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


def tabs(page: Page) -> list[str]:
    return page.locator("[data-shell-tabs] [role=tab]").all_inner_texts()


def add(terminal: TerminalPage) -> None:
    terminal.page.get_by_role("button", name="New terminal").click()
    terminal.wait_for(PROMPT)


def test_each_tab_has_a_shell_of_its_own_and_all_come_back(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    first = terminal.run("echo $$")
    add(terminal)
    second = terminal.run("echo $$")
    assert first != second
    assert tabs(page) == ["Shell 1", "Shell 2"]
    page.locator("[role=tab]", has_text="Shell 2").dblclick()
    page.locator("[data-rename-dialog] input").fill("logs")
    page.keyboard.press("Enter")
    expect(page.locator("[data-shell-tabs] [role=tab]").nth(1)).to_have_text("logs")

    page.reload()
    expect(page.locator("[data-shell-tabs] [role=tab]")).to_have_text(["Shell 1", "logs"])
    expect(page.get_by_role("tab", name="logs")).to_have_attribute("aria-selected", "true")
    terminal.wait_for(PROMPT)
    assert terminal.run("echo $$") == second
    page.get_by_role("tab", name="Shell 1").click()
    terminal.wait_for(PROMPT)
    assert terminal.run("echo $$") == first


def test_another_browser_of_the_student_finds_the_same_terminals(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    add(terminal)
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(page.locator("[data-shell-tabs] [role=tab]")).to_have_text(["Shell 1", "Shell 2"])


def test_closing_ends_the_shell_and_asks_only_if_a_program_runs(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    add(terminal)
    idle = terminal.run("echo $$")
    page.locator(".shell-tab.selected .shell-close").click()
    expect(page.locator("[data-shell-tabs] [role=tab]")).to_have_text(["Shell 1"])
    assert terminal.run(f"kill -0 {idle} 2>/dev/null || echo gone") == "gone"

    add(terminal)
    terminal.keys("sleep 4321\n")
    terminal.wait_for("sleep 4321$")
    page.wait_for_timeout(300)
    page.keyboard.press("Control+Shift+Backspace")
    dialog = page.locator("[data-busy-dialog]")
    expect(dialog).to_contain_text("“sleep” is running")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert len(tabs(page)) == 2
    page.locator(".shell-tab.selected .shell-close").click()
    dialog.get_by_role("button", name="Close").click()
    expect(page.locator("[data-shell-tabs] [role=tab]")).to_have_count(1)
    assert terminal.run("pgrep -fx 'sleep 4321' || echo none") == "none"


def test_the_last_terminal_is_followed_by_a_fresh_one(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    before = terminal.run("echo $$")
    page.keyboard.press("Control+Shift+Backspace")
    page.wait_for_function(
        "id => window.playground.terminal.connection.shell !== id",
        arg=page.evaluate("window.playground.terminal.connection.shell"),
    )
    terminal.wait_for(PROMPT)
    assert terminal.run("echo $$") != before


def test_side_by_side_on_a_wide_screen_only(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    page.locator("[data-active] textarea").focus()
    page.keyboard.press("Control+Shift+Backslash")
    terminal.wait_for(PROMPT)
    slots = page.locator(".slot:visible")
    expect(slots).to_have_count(2)
    left, right = (slots.nth(n).bounding_box() for n in (0, 1))
    assert left and right and left["x"] + left["width"] <= right["x"] and left["y"] == right["y"]
    columns = page.evaluate("window.playground.terminal.terminal.cols")
    assert terminal.run("tput cols") == str(columns)
    assert terminal.run("echo right") == "right"
    slots.nth(0).click()
    expect(page.get_by_role("tab", name="Shell 1")).to_have_attribute("aria-selected", "true")
    assert terminal.run("echo left") == "left"

    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("[data-tab=terminal-pane]").click()
    expect(page.locator(".slot:visible")).to_have_count(1)
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator(".slot:visible")).to_have_count(2)
    page.get_by_role("button", name="Side by side").click()
    expect(page.locator(".slot:visible")).to_have_count(1)


def test_by_keys_alone(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    page.locator("[data-active] textarea").focus()
    page.keyboard.press("Control+Shift+Enter")
    terminal.wait_for(PROMPT)
    assert terminal.run("echo two") == "two"
    page.keyboard.press("Control+Shift+BracketLeft")
    expect(page.get_by_role("tab", name="Shell 1")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Control+Shift+ArrowUp")
    expect(page.get_by_role("tab", name="Shell 1")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Shell 2")).to_be_focused()
    expect(page.get_by_role("tab", name="Shell 2")).to_have_attribute("aria-selected", "true")
    assert page.locator("[data-shell-tabs] [tabindex='0']").count() == 1
    page.keyboard.press("F2")
    page.keyboard.type("by keys")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="by keys")).to_be_focused()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.matches('[data-active] textarea')")
    page.keyboard.press("Control+Shift+Slash")
    expect(page.locator("[data-help-dialog]")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Shift+ArrowUp")
    page.keyboard.press("Delete")
    expect(page.locator("[data-shell-tabs] [role=tab]")).to_have_text(["Shell 1"])


def test_the_menu_by_keys_and_by_mouse(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    page.locator("[data-active] [data-terminal]").click(button="right")
    menu = page.get_by_role("menu")
    expect(menu).to_be_visible()
    expect(menu.get_by_role("menuitem", name=re.compile("^Copy"))).to_be_disabled()
    page.keyboard.press("End")
    expect(menu.get_by_role("menuitem", name=re.compile("^Keys"))).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    assert page.evaluate("document.activeElement.matches('[data-active] textarea')")
    page.locator("[data-action=menu]").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")  # select all, as copying is not possible yet
    assert page.evaluate("window.playground.terminal.terminal.hasSelection()")


def test_a_bell_in_a_hidden_tab_is_marked(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.keys("sleep 1; printf '\\a'\n")
    add(terminal)
    expect(page.locator("[data-name=main].marked")).to_have_count(1)
    page.get_by_role("tab", name="Shell 1").click()
    expect(page.locator("[data-name=main].marked")).to_have_count(0)


def test_tabs_fit_a_phone(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.url, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto("/lessons/layer-stack/")
    page.locator("[data-tab=terminal-pane]").click()
    terminal = TerminalPage(page)
    terminal.wait_for(PROMPT)
    for _ in range(4):
        add(terminal)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    tab = page.get_by_role("tab", name="Shell 5").bounding_box()
    row = page.locator("[data-shell-tabs]").bounding_box()
    assert tab and row and row["x"] <= tab["x"] and tab["x"] + 44 <= row["x"] + row["width"]
    box = page.locator("[data-action=menu]").bounding_box()
    assert box and box["x"] + box["width"] <= 390 and box["height"] >= 44
    context.close()
