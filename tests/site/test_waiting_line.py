"""A full machine in the browser: a place in the line that moves, and a terminal by itself."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.site.conftest import Site, start_site
from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]

_LESSON = "/lessons/first-container/"
_PLACE = "The machine is full. You are number {} in line; your host starts by itself."


@pytest.fixture
def full_site(fit_machine: None, var: Path) -> Iterator[Site]:
    """A site for one student at a time."""
    site = start_site(var, PLAYGROUND_SANDBOXES_MAX="1", PLAYGROUND_POOL_MIN="1")
    yield site
    site.stop()


@contextmanager
def _student(browser: Browser, site: Site, locale: str = "en") -> Iterator[TerminalPage]:
    """Somebody who has opened a lesson."""
    context = browser.new_context(base_url=site.url, locale=locale)
    page = context.new_page()
    page.goto(_LESSON)
    yield TerminalPage(page)
    context.close()


def _status(terminal: TerminalPage) -> Locator:
    return terminal.page.locator("[data-terminal-status]")


def test_the_line_moves_and_ends_at_a_prompt(browser: Browser, full_site: Site) -> None:
    with _student(browser, full_site) as ann:
        ann.wait_for(PROMPT)
        ann.run("touch /root/ann")
        with _student(browser, full_site) as bob, _student_after(bob, browser, full_site) as cat:
            expect(_status(cat)).to_have_text(
                "지금은 서버가 가득 찼습니다. 대기 순서는 2번째이며, "
                "차례가 되면 호스트가 저절로 시작됩니다."
            )
            # The page can be used meanwhile, and a screen reader says the place when it is free to.
            assert _status(bob).get_attribute("role") == "status"
            bob.page.locator("[data-next]").click()
            expect(bob.page.locator("[data-count]")).to_contain_text("2")
            ann.page.on("dialog", lambda dialog: dialog.accept())
            ann.page.get_by_role("button", name="Fresh host").click()
            bob.wait_for(PROMPT, seconds=30)
            assert bob.run("ls /root; echo mine") == "mine"
            expect(_status(cat)).to_contain_text("대기 순서는 1번째", timeout=10_000)
            # She has given her place away, and stands behind.
            expect(_status(ann)).to_have_text(_PLACE.format(2), timeout=10_000)
            assert len(full_site.node.sandboxes()) == 1


@contextmanager
def _student_after(earlier: TerminalPage, browser: Browser, site: Site) -> Iterator[TerminalPage]:
    """A Korean student who comes when the one before is number 1 in line."""
    expect(_status(earlier)).to_have_text(_PLACE.format(1), timeout=30_000)
    with _student(browser, site, locale="ko") as terminal:
        yield terminal


def test_hosts_of_one_network_are_counted_and_said(
    browser: Browser, fit_machine: None, var: Path
) -> None:
    site = start_site(var, PLAYGROUND_SANDBOXES_PER_ADDRESS="1", PLAYGROUND_POOL_MIN="0")
    try:
        with _student(browser, site) as ann:
            ann.wait_for(PROMPT)
            second_tab = TerminalPage(ann.page.context.new_page())
            second_tab.open()  # the same student has the same host
            ann.run("echo from the first")
            second_tab.wait_for("^from the first$")
            with _student(browser, site) as bob:
                expect(_status(bob)).to_contain_text("There are 1 hosts from your network already")
                _leave_for_good(ann)
                bob.wait_for(PROMPT, seconds=30)
    finally:
        site.stop()


def _leave_for_good(terminal: TerminalPage) -> None:
    """Give the host back from a page that will not ask for another."""
    page = terminal.page
    token = page.locator("[data-reset] input").first.get_attribute("value") or ""
    for each in page.context.pages:
        each.goto("/lessons/")
    answer = page.request.post("/sandbox/reset/", form={"csrfmiddlewaretoken": token})
    assert answer.ok


def test_a_proxy_says_for_whom_it_speaks(fit_machine: None, var: Path) -> None:
    site = start_site(var, PLAYGROUND_SANDBOXES_PER_ADDRESS="1", PLAYGROUND_POOL_MIN="0")
    try:
        states = [_first_state(site, client) for client in ("192.0.2.7", "192.0.2.8", "192.0.2.7")]
        assert states == ["making", "making", "network"]
    finally:
        site.stop()


def _first_state(site: Site, client: str) -> str:
    """What a student's terminal is told first whose proxy names that address."""
    with urllib.request.urlopen(f"{site.url}{_LESSON}") as answer:
        cookies = [each.partition(";")[0] for each in answer.headers.get_all("Set-Cookie")]
    headers = {"Cookie": "; ".join(cookies), "X-Forwarded-For": client}
    address = f"{site.url.replace('http', 'ws')}/ws/terminal/main/"
    with connect(address, additional_headers=headers, origin=Origin(site.url)) as page:
        frame = page.recv(timeout=30)
        assert isinstance(frame, bytes)
        assert frame[:1] == b"s"
        return str(json.loads(frame[1:])["state"])
