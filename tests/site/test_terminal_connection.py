"""A connection that breaks: nothing typed is lost, doubled, or given to another shell."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import psutil
import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from playground.serve.layout import Layout
from playground.serve.leftovers import processes
from tests.site.conftest import Site
from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


class Line:
    """The wire between page and site, which a test can cut."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cut = False
        #: Called with a page's frame; true lets it through to the server.
        self.passes: Callable[[bytes], bool] = lambda _: True
        self.deaf = False  # nothing reaches the page any more
        self.routes: list[WebSocketRoute] = []
        page.route_web_socket("**/ws/terminal/**", self._open)

    def _open(self, route: WebSocketRoute) -> None:
        if self.cut:
            route.close(code=4000)
            return
        self.routes.append(route)
        server = route.connect_to_server()

        def to_server(message: str | bytes) -> None:
            if self.passes(message if isinstance(message, bytes) else message.encode()):
                server.send(message)

        def to_page(message: str | bytes) -> None:
            if not self.deaf:
                route.send(message)

        route.on_message(to_server)
        server.on_message(to_page)

    def break_it(self) -> None:
        self.cut = True
        for route in self.routes:
            route.close(code=4000)
        self.routes.clear()
        self.page.wait_for_function("() => window.playground.terminal.state === 'lost'")

    def mend(self) -> None:
        self.cut = self.deaf = False
        self.passes = lambda _: True


def notice(page: Page, kind: str) -> Locator:
    return page.locator(f"[data-active] [data-notice={kind}]")


def test_what_is_typed_while_away_is_shown_and_sent_once(page: Page) -> None:
    line = Line(page)
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("touch count")
    line.break_it()
    expect(notice(page, "lost")).to_contain_text("Your shell goes on")
    expect(notice(page, "lost")).to_contain_text("Next try in")
    terminal.keys("echo x >> count\n")
    expect(notice(page, "held")).to_contain_text("Waiting to be sent: echo x >> count⏎")
    assert "echo x" not in terminal.screen()
    line.mend()
    notice(page, "lost").get_by_role("button", name="Try now").click()
    terminal.wait_for("echo x >> count\n")
    expect(notice(page, "lost")).to_have_count(0)
    expect(notice(page, "held")).to_have_count(0)
    assert terminal.run("wc -l < count") == "1"
    assert page.evaluate("document.activeElement.matches('[data-active] textarea')")


@pytest.mark.parametrize("arrived", [True, False])
def test_a_frame_on_its_way_is_neither_lost_nor_doubled(page: Page, arrived: bool) -> None:
    line = Line(page)
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("touch count")
    # From here on the page hears nothing, and its frames arrive or are lost on the way.
    line.deaf = True
    line.passes = lambda frame: arrived or not frame.startswith(b"i")
    terminal.keys("echo x >> count\n")
    page.wait_for_timeout(300)
    line.break_it()
    terminal.keys("echo y >> count\n")
    line.mend()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    terminal.wait_for("echo y >> count\n")
    assert terminal.run("cat count").split() == ["x", "y"]


def test_what_is_typed_while_the_past_is_shown_again_arrives(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.keys("seq 60000; echo all''-there\n")
    terminal.wait_for("^all-there$")
    page.reload()
    # In the midst of the replay, which this page cannot leave before the function ends.
    seen = page.evaluate(
        """async () => {
            while (!window.playground?.terminal.connection?.replaying)
                await new Promise(requestAnimationFrame);
            const view = window.playground.terminal;
            view.terminal.input("echo typed''-meanwhile\\r", true);
            view.terminal.input("\\x1b[5;7R", false); // an answer to a query of the past
            return view.connection.replaying;
        }"""
    )
    assert seen
    terminal.wait_for("^typed-meanwhile$")
    assert terminal.run("echo on") == "on"


def test_nothing_held_reaches_another_shell(page: Page) -> None:
    line = Line(page)
    terminal = TerminalPage(page)
    terminal.open()
    line.break_it()
    terminal.keys("touch never\n")
    other = TerminalPage(page.context.new_page())
    other.open()
    other.keys("exit\n")
    other.wait_for("The shell has ended")
    other.page.close()
    line.mend()
    page.evaluate("window.playground.terminal.connection.tryNow()")
    expect(notice(page, "dropped")).to_contain_text("This was not sent: touch never⏎")
    terminal.wait_for(PROMPT)
    assert terminal.run("ls never 2>/dev/null || echo none") == "none"
    notice(page, "dropped").get_by_role("button", name="Dismiss").click()
    expect(notice(page, "dropped")).to_have_count(0)


def test_more_than_is_kept_is_refused_openly(page: Page) -> None:
    line = Line(page)
    terminal = TerminalPage(page)
    terminal.open()
    line.break_it()
    page.evaluate("window.playground.terminal.type('#' + 'x'.repeat(4000))")
    expect(notice(page, "refused")).to_have_count(0)
    page.evaluate("window.playground.terminal.type('y'.repeat(100))")
    expect(notice(page, "refused")).to_contain_text("was not taken")
    line.mend()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    terminal.wait_for("#x{4000}$")
    expect(notice(page, "refused")).to_have_count(0)


def test_tries_come_later_and_later_but_within_ten_seconds(page: Page) -> None:
    line = Line(page)
    terminal = TerminalPage(page)
    terminal.open()
    line.break_it()
    waits = []
    for _ in range(8):
        page.wait_for_function("() => window.playground.terminal.connection.retryAt !== null")
        waits.append(
            page.evaluate(
                "(c => { const wait = c.retryAt - Date.now(), n = c.attempt - 1; c.tryNow();"
                "  return wait / Math.min(500 * 2 ** n, 10000); })"
                "(window.playground.terminal.connection)"
            )
        )
    assert all(share <= 1 for share in waits)
    assert len({round(share, 3) for share in waits}) > 4  # no two pages in step
    # A page that is looked at again does not wait.
    line.mend()
    page.wait_for_function("() => window.playground.terminal.connection.retryAt !== null")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function("() => window.playground.terminal.state === 'connected'", timeout=2000)


def test_another_network_takes_another_socket(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("cd /srv; touch same-shell")
    page.evaluate("window.oldSocket = window.playground.terminal.connection.socket")
    page.context.set_offline(True)
    page.context.set_offline(False)
    page.wait_for_function(
        "() => window.oldSocket !== window.playground.terminal.connection.socket"
        " && window.playground.terminal.state === 'connected'"
    )
    assert terminal.run("ls") == "same-shell"


def test_a_paste_goes_on_after_a_break(page: Page) -> None:
    line = Line(page)
    terminal = TerminalPage(page)
    terminal.open()
    terminal.keys("clear; stty raw -echo; echo ready; head -c 600000 | sha256sum; stty sane\n")
    terminal.wait_for("^ready")
    frames = 0

    def some(frame: bytes) -> bool:
        nonlocal frames
        frames += frame.startswith(b"i")
        return frames <= 3 or not frame.startswith(b"i")

    line.passes = some
    page.evaluate("window.playground.terminal.connection.type('ab'.repeat(300000))")
    page.wait_for_timeout(500)
    line.break_it()
    line.mend()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    said = terminal.wait_for(r"[0-9a-f]{64} +-")
    assert terminal.run("printf 'ab%.0s' $(seq 300000) | sha256sum").split()[0] in said


def test_a_long_paste_can_be_stopped(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.keys("clear; stty -echo; sleep 5; stty echo\n")
    page.wait_for_timeout(500)
    # The program does not read: hub and page hold the rest back.
    page.evaluate("window.playground.terminal.connection.type('#'.repeat(4000000))")
    expect(notice(page, "sending")).to_contain_text("kB left")
    notice(page, "sending").get_by_role("button", name="Stop").click()
    expect(notice(page, "sending")).to_have_count(0)


def test_a_new_shell_by_a_button(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.keys("exit\n")
    notice(page, "ended").get_by_role("button", name="New shell").click()
    terminal.wait_for(PROMPT)
    assert terminal.run("echo again") == "again"
    expect(notice(page, "ended")).to_have_count(0)


def _kill(site: Site, word: str) -> None:
    """End one of the site's processes as a crash would."""
    for process in processes(Layout(site.var)):
        with suppress(psutil.NoSuchProcess):
            line = " ".join(process.cmdline())
            if word in line and not line.startswith(("sh", "/bin/sh", "unshare")):
                process.kill()


@pytest.mark.parametrize("victim", ["playground.hub", "uvicorn"])
def test_typing_while_the_site_falls_over(page: Page, site: Site, victim: str) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.keys("stty -echo; cat > typed; stty echo\n")
    terminal.wait_for("stty echo$")
    words = [f"word-{number}" for number in range(60)]
    for number, word in enumerate(words):
        terminal.keys(f"{word}\n")
        page.wait_for_timeout(40)
        if number in (15, 35):
            _kill(site, victim)
    page.wait_for_function("() => window.playground.terminal.state === 'connected'")
    page.wait_for_function("() => window.playground.terminal.connection.queue.unsent === 0")
    page.wait_for_timeout(500)
    page.keyboard.press("Control+d")
    assert terminal.run("cat typed").split() == words
    assert notice(page, "dropped").count() == 0
