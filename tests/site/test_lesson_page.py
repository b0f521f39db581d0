"""A lesson in the browser: it notices by itself what was done, and says what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.site.conftest import Site, give_back, start_site
from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.site, pytest.mark.sandbox]
SAMPLES = Path(__file__).parent.parent / "lessons" / "content"


@pytest.fixture(scope="module")
def sample_site(fit_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    var = tmp_path_factory.mktemp("lessons") / "var"
    site = start_site(var, PLAYGROUND_LESSONS=str(SAMPLES), PLAYGROUND_SANDBOXES_PER_ADDRESS="0")
    yield site
    site.stop()


@pytest.fixture
def student(browser: Browser, sample_site: Site) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=sample_site.url, viewport={"width": 1440, "height": 900}, locale="en-US"
    )
    yield context
    give_back(context)
    context.close()


def _open(context: BrowserContext, slug: str = "ports") -> TerminalPage:
    terminal = TerminalPage(context.new_page())
    terminal.open(slug)
    return terminal


def _check(page: Page, name: str, done: bool = True) -> None:
    wanted = f"[data-check={name}]" + ("[data-done]" if done else ":not([data-done])")
    expect(page.locator(wanted)).to_be_visible(timeout=15_000)


def test_what_is_missing_is_said_and_a_step_ticks_itself(student: BrowserContext) -> None:
    terminal = _open(student)
    page = terminal.page
    terminal.run("docker run -d --name web -P nginx")
    missing = page.locator("[data-check=started] [data-missing]")
    expect(missing).to_contain_text("you wrote -P, the step asks for -p 8080:80", timeout=15_000)
    _check(page, "started", done=False)

    page.get_by_label("8080").check()
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("[data-why='0']")).to_contain_text("host's")
    page.get_by_label("80", exact=True).check()
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("[data-quiz-state]")).to_contain_text("Right")

    terminal.run("docker rm -f web")
    terminal.run(
        "docker run -d --name web -p 8080:80 -v /root/site:/usr/share/nginx/html:ro"
        " -e COLOUR=red -m 64m nginx"
    )
    _check(page, "started")
    _check(page, "answers")
    terminal.run("docker ps -a")
    _check(page, "typed")
    expect(page.locator("[data-step-done]:visible")).to_be_visible()

    # What was done stays done, whatever becomes of the container, and one goes on where one was.
    terminal.run("docker rm -f web")
    page.goto("/lessons/ports/")
    expect(page.locator("[data-step='02-inside']")).to_be_visible()
    page.locator("[data-step-mark='01-publish']").click()
    _check(page, "started")
    page.goto("/lessons/")
    expect(page.locator(".card", has_text="Ports")).to_contain_text("1 of 2 steps done")


def test_a_host_without_the_earlier_steps_work_gets_it(student: BrowserContext) -> None:
    terminal = _open(student)
    page = terminal.page
    offer = page.locator("[data-rebuild]")
    expect(offer).to_be_hidden()
    page.get_by_role("button", name="Next").click()
    expect(offer).to_contain_text("is not on this host")
    page.get_by_role("button", name="Do them for me").click()
    expect(offer).to_contain_text("The steps before are done on this host", timeout=60_000)
    assert "web" in terminal.run("docker ps --format '{{.Names}}'").split()
    # It was done beside the student's own terminal, and left none behind.
    assert "docker run" not in terminal.screen()
    assert page.get_by_role("tab", name="typist").count() == 0
    page.reload()
    terminal.wait_for(PROMPT)
    expect(page.locator("[data-step='02-inside']")).to_be_visible()
    expect(offer).to_be_hidden()


def test_in_korean_too(browser: Browser, sample_site: Site) -> None:
    context = browser.new_context(base_url=sample_site.url, locale="ko-KR")
    terminal = _open(context)
    terminal.run("docker run -d --name web -p 80:8080 nginx")
    missing = terminal.page.locator("[data-check=started] [data-missing]")
    expect(missing).to_contain_text("컨테이너", timeout=15_000)
    give_back(context)
    context.close()


def test_progress_goes_along_to_another_machine(
    student: BrowserContext, browser: Browser, sample_site: Site
) -> None:
    terminal = _open(student)
    terminal.run("docker ps -a")
    _check(terminal.page, "typed")
    terminal.page.goto("/lessons/")
    terminal.page.get_by_role("button", name="Go on at another machine").click()
    link = terminal.page.get_by_label("Link").input_value()
    other = browser.new_context(base_url=sample_site.url, locale="en-US")
    page = other.new_page()
    page.goto(link)
    page.get_by_role("button", name="Go on here").click()
    page.goto("/lessons/ports/")
    _check(page, "typed")
    other.close()


def test_the_picture_shows_what_the_engine_did(student: BrowserContext) -> None:
    terminal = _open(student)
    page = terminal.page
    terminal.run("docker network create back")
    terminal.run("docker run -d --name shop --network back -p 8085:80 -v goods:/srv nginx")
    box = page.locator(".box-container", has_text="shop")
    expect(box).to_be_visible(timeout=15_000)
    expect(page.locator(".box-port", has_text=":8085")).to_be_visible()
    expect(page.locator(".box-volume", has_text="goods")).to_be_visible()
    expect(page.locator(".box-network", has_text="back")).to_be_visible()
    box.click()
    expect(page.locator("[data-facts]")).to_contain_text("docker inspect shop")
    page.keyboard.press("Escape")
    terminal.run("docker rm -f shop")
    expect(box).to_have_count(0)
    for _ in range(12):  # the events of a removal come in a burst, with one state after them
        if box.count():
            break
        page.locator("[data-earlier]").click()
        page.wait_for_timeout(400)
    expect(box).to_be_visible()
    page.locator("[data-live]").click()
    expect(box).to_have_count(0)
    page.locator("[data-view-switch=table]").click()
    expect(page.locator("[data-tables]")).to_contain_text("goods")
    page.set_viewport_size({"width": 390, "height": 844})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
