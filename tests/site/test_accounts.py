"""Accounts as people meet them: in a browser, with a real OpenID provider beside."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import oidc_provider_mock
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.site.conftest import Site, start_site
from tests.site.people import PASSWORD, sign_in
from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A provider that lets anybody in by a name, in the place of GitHub, Google and the like."""
    users = [oidc_provider_mock.User(sub="hana", claims={"email": "hana@example.org"})]
    app = oidc_provider_mock.app(user_claims=users)
    server = make_server("127.0.0.1", 0, app, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def own_site(
    fit_machine: None, provider: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    site = start_site(
        tmp_path_factory.mktemp("accounts") / "var",
        PLAYGROUND_OIDC_URL=provider,
        PLAYGROUND_OIDC_ID="playground",
        PLAYGROUND_OIDC_SECRET="of the test",
        PLAYGROUND_OIDC_NAME="University",
        OAUTHLIB_INSECURE_TRANSPORT="1",
    )
    yield site
    site.stop()


@pytest.fixture
def visitor(browser: Browser, own_site: Site) -> Iterator[Page]:
    context = browser.new_context(base_url=own_site.url, locale="en-US")
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))

    def is_ours(said: ConsoleMessage) -> bool:
        return said.type == "error" and page.url.startswith(own_site.url)

    page.on("console", lambda said: failures.append(said.text) if is_ours(said) else None)
    yield page
    context.close()
    assert not failures


def sign_up(page: Page, name: str) -> None:
    page.goto("/lessons/")
    page.get_by_role("link", name="Sign in").click()
    page.locator("main").get_by_role("link", name=re.compile("sign up", re.I)).click()
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password:", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator(".bar .me")).to_have_text(name)


def test_a_host_and_progress_go_along_into_an_account_and_to_another_machine(
    visitor: Page, browser: Browser, own_site: Site
) -> None:
    visitor.goto("/playground/")
    terminal = TerminalPage(visitor)
    terminal.wait_for(PROMPT)
    terminal.run("echo before > /root/kept")
    sign_up(visitor, "mina")
    elsewhere = browser.new_context(base_url=own_site.url, locale="en-US")
    page = elsewhere.new_page()
    sign_in(page, "mina", "/playground/")
    terminal = TerminalPage(page)
    terminal.marks = 10  # the screen still shows the first one's
    terminal.wait_for(PROMPT)
    assert "before" in terminal.run("cat /root/kept")
    elsewhere.close()


def test_another_sites_account_signs_in(visitor: Page) -> None:
    visitor.goto("/account/login/?next=/account/")
    visitor.get_by_role("link", name="University").click()
    visitor.get_by_role("button").filter(has_text=re.compile("Continue")).click()
    visitor.locator("input[name=sub]").fill("hana")
    visitor.get_by_role("button", name=re.compile("Authorize|Sign in|Log in", re.I)).click()
    expect(visitor.locator(".bar .me")).to_contain_text("hana")
    expect(visitor.get_by_role("heading", name="My account")).to_be_visible()


def test_the_first_administrator_takes_the_link_that_the_start_said(
    visitor: Page, own_site: Site
) -> None:
    link = re.search(r"http://localhost:\d+(/account/first/\S+)", own_site.log.read_text())
    assert link, own_site.log.read_text()[-2000:]
    sign_up(visitor, "operator")
    visitor.goto(link[1])
    visitor.get_by_role("button", name="Be the administrator").click()
    expect(visitor.locator("[data-role]")).to_have_text("administrator")


def test_the_data_of_an_account_is_downloaded_and_deleted(visitor: Page, tmp_path: Path) -> None:
    sign_up(visitor, "leaving")
    visitor.goto("/account/")
    with visitor.expect_download() as download:
        visitor.get_by_role("button", name="Download my data").click()
    file = tmp_path / "data.json"
    download.value.save_as(file)
    assert '"leaving"' in file.read_text()
    visitor.get_by_role("link", name="Delete my data").click()
    visitor.get_by_label("Password:").fill(PASSWORD)
    visitor.get_by_role("button", name=re.compile("Confirm", re.I)).click()
    visitor.get_by_role("button", name="Delete all of it").click()
    expect(visitor.get_by_text("has been removed")).to_be_visible()
    sign_in(visitor, "leaving", "/account/")
    expect(visitor.locator(".errorlist")).to_be_visible()
