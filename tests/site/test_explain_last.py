"""From the terminal to the explainer: the last docker line that was typed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.site.conftest import Site, give_back
from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


def _button(page: Page) -> Locator:
    return page.locator("[data-toolbar] [data-action=explain]")


def test_the_last_docker_line_by_the_keyboard(page: Page) -> None:
    terminal = TerminalPage(page)
    page.goto("/playground/")
    terminal.wait_for(PROMPT)
    expect(_button(page)).to_be_disabled()
    terminal.run("echo docker ")
    expect(_button(page)).to_be_disabled()
    terminal.keys("cd / && docker run -d --name web -p 8080:80 -e A='b;c' nginx\n")
    terminal.wait_for(r"^[0-9a-f]{64}$")
    terminal.keys("ls\n")  # no docker line, so it changes nothing
    expect(_button(page)).to_have_attribute(
        "title",
        "Explain the last command: cd / && docker run"
        " -d --name web -p 8080:80 -e A='b;c' nginx (Ctrl+Shift+E)",
    )
    page.locator("[data-active] [data-terminal] textarea").focus()
    with page.context.expect_page() as opened:
        page.keyboard.press("Control+Shift+E")
    other = opened.value
    expect(other.get_by_label("Command line")).to_have_value(
        "cd / && docker run -d --name web -p 8080:80 -e A='b;c' nginx"
    )
    part = other.locator("[data-part]", has_text="-p 8080:80")
    expect(part.locator("[data-happened]")).to_contain_text("8080")
    assert other.evaluate("window.opener") is None
    other.close()

    # Each terminal has a last line of its own, and a reload forgets none.
    page.get_by_role("button", name="New terminal").click()
    terminal.wait_for(PROMPT)
    expect(_button(page)).to_be_disabled()
    page.reload()
    page.get_by_role("tab", name="Shell 1").click()
    expect(_button(page)).to_be_enabled()


def test_in_korean_on_a_phone_from_the_menu(browser: Browser, site: Site) -> None:
    context = browser.new_context(
        base_url=site.url, viewport={"width": 390, "height": 844}, locale="ko-KR"
    )
    terminal = TerminalPage(context.new_page())
    page = terminal.page
    page.goto("/lessons/first-container/")
    page.get_by_role("tab", name="터미널", exact=True).click()
    terminal.wait_for(PROMPT)
    terminal.run("docker ps -a")
    expect(_button(page)).to_have_attribute("aria-label", "마지막 명령 설명 보기")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("[data-toolbar] [data-action=menu]").click()
    with context.expect_page() as opened:
        page.locator("[data-menu] [data-action=explain]").press("Enter")
    expect(opened.value.get_by_label("명령줄")).to_have_value("docker ps -a; echo end''-1")
    expect(opened.value.locator("[data-part]").nth(1)).to_contain_text("--all")
    give_back(context)
    context.close()
