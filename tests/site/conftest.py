"""The whole site, started as `make run` starts it, and a browser."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from bench.site import RunningSite
from playground.runtime.config import PROJECT_ROOT, RuntimeConfig
from playground.runtime.node import Node
from tests.site.port_client import PortClient, host_of
from tests.site.terminal_page import TerminalPage


class Site(RunningSite):
    """A running site."""

    @property
    def node(self) -> Node:
        return Node(RuntimeConfig(state_dir=self.var / "node"))

    def manage(self, *arguments: str) -> str:
        """Run one of the site's commands; what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT_ROOT,
            env={**os.environ, "PLAYGROUND_VAR": str(self.var)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def most_memory(self) -> int:
        """The most that web process and hub together have had in memory, in bytes."""
        total = 0
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environ = (folder / "environ").read_bytes()
                command = (folder / "cmdline").read_bytes()
                status = (folder / "status").read_text()
            except OSError:
                continue
            ours = f"PLAYGROUND_SERVE={self.var}".encode() in environ
            if ours and (b"uvicorn" in command or b"playground.hub" in command):
                line = next((ln for ln in status.splitlines() if ln.startswith("VmHWM")), "0 0 kB")
                total += int(line.split()[1]) << 10
        assert total
        return total


def start_site(var: Path, **variables: str) -> Site:
    """Start a site on a free port and wait until it answers."""
    site = Site(var, **variables)
    try:
        site.start()
    except OSError as error:
        pytest.fail(str(error))
    return site


#: Lines of a site's log that a failed test shows.
_LAST_LINES = 80


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails shows what its site said last: elsewhere it is gone with the machine."""
    report = yield
    found = getattr(item, "funcargs", {}).get("site")
    if report.failed and isinstance(found, Site) and found.log.exists():
        lines = found.log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        report.sections.append((f"last lines of {found.log.name}", "\n".join(lines)))
    return report


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    """A folder for a site of the test's own; nothing of it stays, also when the test fails."""
    var = tmp_path / "var"
    yield var
    subprocess.run(
        [sys.executable, "-m", "playground.serve", "--stop"],
        cwd=PROJECT_ROOT,
        env={**os.environ, "PLAYGROUND_VAR": str(var)},
        capture_output=True,
        timeout=60,
    )


@pytest.fixture(scope="session")
def site(fit_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    # All tests come from one address, and each is a student of its own.
    var = tmp_path_factory.mktemp("site") / "var"
    unbound = ("SANDBOXES_PER_ADDRESS", "API_REQUESTS_A_MINUTE", "API_COMMANDS_A_MINUTE")
    site = start_site(var, **{f"PLAYGROUND_{name}": "0" for name in unbound})
    yield site
    site.stop()
    if os.environ.get("PLAYGROUND_TEST_LOG"):
        print(site.log.read_text())


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    assert binary, "no chromium: apt install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=binary,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A student's browser, with cookies of its own."""
    context = browser.new_context(
        base_url=site.url, viewport={"width": 1440, "height": 900}, locale="en-US"
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    give_back(context)
    context.close()


def give_back(context: BrowserContext) -> None:
    """Throw a student's host away: there is room for some dozens, and each slows the others."""
    for page in context.pages:
        page.close()
    with suppress(Error):  # a test may have stopped the site
        form = re.search(
            r'csrfmiddlewaretoken" value="(\w+)"', context.request.get("/lessons/").text()
        )
        if form:
            context.request.post("/sandbox/reset/", form={"csrfmiddlewaretoken": form[1]})


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which no script may fail."""
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("console", lambda said: failures.append(said.text) if said.type == "error" else None)
    yield page
    # A refusal that the page puts into words is in the console all the same.
    assert not [f for f in failures if "WebSocket" not in f and "409 (Conflict)" not in f]


def student(browser: Browser, site: Site) -> PortClient:
    """A new student with a host of their own."""
    context = browser.new_context(base_url=site.url, locale="en")
    page = context.new_page()
    TerminalPage(page).open()
    session = "; ".join(f"{each['name']}={each['value']}" for each in context.cookies())
    page.close()
    client = PortClient(site, session)
    client.enter(8081)
    return client


@pytest.fixture(scope="module")
def me(browser: Browser, site: Site) -> PortClient:
    """A student on whose port 8081 ``port_server.py`` answers."""
    client = student(browser, site)
    host = host_of(client)
    server = Path(__file__).parent / "port_server.py"
    text = base64.b64encode(server.read_bytes()).decode()
    host.sh(f"mkdir -p /srv/it && echo {text} | base64 -d > /srv/it/server.py")
    host.sh("docker run -d --name it -p 8081:80 -v /srv/it:/it:ro python python3 /it/server.py")
    for _ in range(100):
        if client.ask("/page").status == 200:
            return client
        time.sleep(0.1)
    raise AssertionError(client.ask("/page", Accept="text/html").body.decode())


@pytest.fixture(scope="module")
def another(browser: Browser, site: Site) -> PortClient:
    return student(browser, site)
