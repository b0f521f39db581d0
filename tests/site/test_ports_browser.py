"""A port's page in a real browser, and what it cannot do to the site."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.site.conftest import Site
from tests.site.terminal_page import TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]

#: Serves one page, and says what headers it got.
_ECHO = (
    "import http.server as h\n"
    "class E(h.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        b = str(self.headers).encode()\n"
    "        self.send_response(200)\n"
    '        self.send_header("Content-Length", str(len(b)))\n'
    '        self.send_header("Content-Type", "text/html")\n'
    "        self.end_headers()\n"
    "        self.wfile.write(b)\n"
    'h.ThreadingHTTPServer(("", 80), E).serve_forever()\n'
)


def test_nginx_from_the_picture(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("docker run -d --name web -p 8080:80 nginx")
    box = page.locator(".box-port")
    box.click()
    link = page.locator("[data-facts-port]")
    expect(link).to_have_attribute("href", "/ports/8080/")
    acts: tuple[Callable[[], None], ...] = (
        lambda: link.click(),
        lambda: page.keyboard.press("Enter"),
        lambda: box.dblclick(),
    )
    for act in acts:
        with page.context.expect_page() as opened:
            act()
        tab = opened.value
        tab.wait_for_load_state()
        assert re.match(r"http://8080--[a-z2-7]{16}\.localhost:\d+/$", tab.url)
        assert "nginx" in tab.content().lower()
        tab.close()
        box.click()
        link.focus()


def test_nothing_answers_and_then_something_does(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    tab = page.context.new_page()
    tab.goto("/ports/8080/")
    expect(tab.get_by_role("heading")).to_contain_text("Nothing answers on this port")
    terminal.run("docker run -d --name web -p 8080:80 nginx")
    expect(tab.get_by_role("heading")).to_contain_text("nginx", timeout=20_000)
    tab.close()


def test_the_jenkins_page(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("docker run -d --name jenkins -p 8080:8080 jenkins")
    tab = page.context.new_page()
    tab.goto("/ports/8080/")
    field = tab.get_by_label("Administrator password")
    expect(field).to_be_visible(timeout=30_000)
    command = "docker exec jenkins cat /var/jenkins_home/secrets/initialAdminPassword"
    field.fill(terminal.run(command).strip())
    tab.get_by_role("button", name="Continue").click()
    expect(tab.get_by_role("heading", name="Dashboard")).to_be_visible()
    tab.get_by_label("New job").fill("build it")
    tab.get_by_role("button", name="Add").click()
    expect(tab.get_by_role("cell", name="build it")).to_be_visible()
    tab.close()


def test_a_students_page_gets_nothing_of_the_site(page: Page, site: Site) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    script = _ECHO.replace("\n", "\\n").replace("'", "'\\''")
    terminal.run(f"mkdir -p /srv/e; printf '%b' '{script}' > /srv/e/e.py")
    terminal.run("docker run -d -p 8080:80 -v /srv/e:/e python python3 /e/e.py; sleep 2")
    tab = page.context.new_page()
    tab.goto("/ports/8080/")
    tab.reload()
    seen = tab.content()
    assert "Host: 8080--" in seen
    assert "sessionid" not in seen and "csrftoken" not in seen and "playground" not in seen
    assert "Cookie:" not in seen
    assert tab.evaluate("document.cookie") == ""

    said = tab.evaluate(
        """async (site) => {
            const tried = {};
            const name = async (key, work) => {
                try { tried[key] = await work(); } catch (error) { tried[key] = "failed"; }
            };
            const all = { credentials: "include" };
            await name("read", async () => (await fetch(site + "/lessons/", all)).status);
            await name("post", async () => (await fetch(site + "/sandbox/reset/",
                { ...all, method: "POST" })).status);
            await name("frame", () => new Promise((done) => {
                const frame = document.createElement("iframe");
                frame.src = site + "/lessons/";
                frame.onload = () => {
                    try { done(frame.contentDocument ? "empty" : "failed"); }
                    catch { done("failed"); }
                };
                document.body.append(frame);
            }));
            await name("socket", () => new Promise((done) => {
                const socket = new WebSocket(site.replace("http", "ws") + "/ws/terminal/main/");
                socket.onopen = () => done("open");
                socket.onerror = () => done("failed");
            }));
            for (const domain of ["localhost", "127.0.0.1", ".localhost"]) {
                document.cookie = `sessionid=evil; path=/; domain=${domain}`;
            }
            await name("pass", async () => {
                document.cookie = "playground-port=evil; path=/";
                return (await fetch("/again")).status;
            });
            return tried;
        }""",
        site.url,
    )
    assert said["read"] == said["post"] == said["frame"] == said["socket"] == "failed", said
    assert said["pass"] == 200
    names = [each["name"] for each in page.context.cookies(site.url)]
    assert sorted(names) == ["csrftoken", "sessionid"]
    # Neither under this name of the site's nor under the one that the ports' domain is.
    for at in (site.url, f"http://localhost:{site.port}"):
        assert "evil" not in str(page.context.cookies(at)), at
    assert terminal.run("echo still here").endswith("still here")
    tab.close()
