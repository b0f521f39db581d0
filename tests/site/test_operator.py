"""The operator's page in a browser, with real sandboxes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.site.conftest import Site
from tests.site.people import make_administrator, sign_in
from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


@pytest.fixture(scope="module")
def signed_in(browser: Browser, site: Site) -> StorageState:
    """What the browser of an administrator keeps."""
    make_administrator(site, "operator")
    context = browser.new_context(base_url=site.url, locale="en-US")
    page = context.new_page()
    sign_in(page, "operator", "/operator/")
    page.wait_for_url("**/operator/")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def operator(browser: Browser, site: Site, signed_in: StorageState) -> Iterator[Page]:
    """An administrator's page on which nothing may fail."""
    context = browser.new_context(base_url=site.url, locale="en-US", storage_state=signed_in)
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("console", lambda said: failures.append(said.text) if said.type == "error" else None)
    page.goto("/operator/")
    yield page
    context.close()
    assert not failures


def test_sandboxes_are_seen_frozen_thawed_and_removed(operator: Page, page: Page) -> None:
    terminal = TerminalPage(page)
    page.goto("/playground/")
    terminal.wait_for(PROMPT)
    row = operator.locator("tr[data-sandbox]").filter(has_text="running").first
    expect(row).to_contain_text("anonymous")
    expect(row.locator("meter").first).to_be_visible()
    expect(operator.locator(".tile").first).to_contain_text("GB")
    name = row.get_attribute("data-sandbox")
    mine = operator.locator(f"[data-sandbox={name}]")
    page.goto("about:blank")  # nobody looks, else it would be thawed at once

    def act(verb: str) -> None:
        mine.get_by_role("checkbox").check()
        operator.get_by_role("button", name=verb, exact=True).click()

    act("Freeze")
    expect(mine).to_contain_text("frozen", timeout=15_000)
    act("Thaw")
    expect(mine).to_contain_text("running", timeout=15_000)
    operator.once("dialog", lambda dialog: dialog.accept())
    act("Remove")
    expect(mine).to_have_count(0, timeout=20_000)
    operator.goto("/operator/log/")
    expect(operator.locator("tbody")).to_contain_text("sandbox.remove")
    expect(operator.locator("tbody")).to_contain_text(str(name))


def test_djangos_admin_works_under_the_policy(operator: Page) -> None:
    operator.goto("/admin/")
    operator.get_by_role("link", name="Users").click()
    operator.get_by_role("link", name="operator", exact=True).click()
    expect(operator.locator("#id_role")).to_have_value("administrator")


@pytest.mark.parametrize("width", [390, 1440])
def test_it_fits(operator: Page, width: int) -> None:
    operator.set_viewport_size({"width": width, "height": 900})
    pages = "users/ log/ announcements/ catalogue/ catalogue/images/ limits/"
    for path in ("", *pages.split()):
        operator.goto(f"/operator/{path}")
        assert operator.evaluate("document.documentElement.scrollWidth") <= width, path
