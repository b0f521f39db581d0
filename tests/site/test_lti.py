"""A university's platform and this site, in a browser: from registering to the grade."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from lessons import library
from tests.lti.learning_platform import CLIENT, DEPLOYMENT, DL, LearningPlatform
from tests.site.conftest import Site, give_back
from tests.site.people import make_administrator, sign_in
from tests.site.terminal_page import PROMPT, TerminalPage
from tests.support import wait_until

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


@pytest.fixture(scope="module")
def university(site: Site) -> Iterator[LearningPlatform]:
    """The platform has another host name than the site: to browsers they are strangers."""
    platform = LearningPlatform()
    platform.tool = site.url
    yield platform
    platform.stop()


@pytest.fixture(scope="module")
def registrar(browser: Browser, site: Site, university: LearningPlatform) -> Iterator[Page]:
    """An administrator who has registered the platform by the form."""
    make_administrator(site, "registrar")
    context = browser.new_context(base_url=site.url, locale="en-US")
    page = context.new_page()
    sign_in(page, "registrar", "/operator/")
    page.get_by_role("link", name="Learning platforms").click()
    page.get_by_role("link", name="Register a platform").click()
    expect(page.get_by_label("Initiate login URL")).to_have_value(f"{site.url}/lti/login/")
    for label, value in (
        ("Name:", "University"),
        ("Issuer (platform ID)", university.issuer),
        ("Client ID", CLIENT),
        ("Authentication request URL", f"{university.issuer}/auth"),
        ("Access token URL", f"{university.issuer}/token"),
        ("Public keyset URL:", f"{university.issuer}/keys"),
        ("Deployment IDs", DEPLOYMENT),
    ):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("The platform is registered.")).to_be_visible()
    yield page
    context.close()


@pytest.fixture
def course(browser: Browser, site: Site, registrar: Page) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-US", base_url=site.url)
    yield context
    give_back(context)
    context.close()


def test_a_lesson_opened_from_a_course_is_graded_there(
    course: BrowserContext, university: LearningPlatform, registrar: Page
) -> None:
    page = course.new_page()
    page.goto("/lessons/")  # somebody has been here before
    page.goto(f"{university.issuer}/course")
    with course.expect_page() as opened:
        page.get_by_role("link", name="Open the lesson").click()
    lesson = opened.value
    expect(lesson).to_have_url(re.compile("/lessons/first-container/"))
    expect(lesson.locator(".bar")).to_contain_text("Mina Kim")
    terminal = TerminalPage(lesson)
    terminal.wait_for(PROMPT)
    terminal.run("docker run hello-world")
    expect(lesson.locator("[data-check=hello]")).to_have_attribute("data-done", "", timeout=15_000)
    wait_until(lambda: bool(university.scores), 20)
    found = library.lesson("first-container")
    assert found and found.steps[0].tasks == ("hello",)
    score = university.scores[-1]
    assert (score["userId"], score["scoreGiven"]) == ("student-1", 100 // len(found.steps))
    registrar.reload()
    expect(registrar.locator(".facts-list")).to_contain_text("Arrived1")


def test_a_frame_offers_a_window(course: BrowserContext, university: LearningPlatform) -> None:
    page = course.new_page()
    page.goto(f"{university.issuer}/frame")
    with course.expect_page() as opened:
        page.frame_locator("iframe").get_by_role("link", name="Open in a new window").click()
    expect(opened.value).to_have_url(re.compile("/lessons/first-container/"))
    expect(opened.value.locator(".bar")).to_contain_text("Mina Kim")


def test_a_lesson_is_picked_in_a_frame_of_the_platform(
    course: BrowserContext, university: LearningPlatform, site: Site
) -> None:
    # Without TLS no browser keeps a stranger's cookie in a frame: here both are called localhost.
    university.tool = f"http://localhost:{site.port}"
    try:
        page = course.new_page()
        page.goto(f"{university.issuer}/picking")
        frame = page.frame_locator("iframe")
        choice = frame.get_by_role("radio", name=re.compile("Your first container"))
        choice.focus()
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        expect(frame.get_by_text("The lesson is in the course.")).to_be_visible()
        (item,) = university.picked[-1][DL + "content_items"]
        assert item["url"] == f"{university.tool}/lessons/first-container/"
    finally:
        university.tool = site.url


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_fit(registrar: Page, width: int) -> None:
    registrar.set_viewport_size({"width": width, "height": 900})
    here = registrar.url
    for path in ("/lti/platforms/", "/lti/platforms/new/", here):
        registrar.goto(path)
        assert registrar.evaluate("document.documentElement.scrollWidth") <= width, path
    registrar.goto(here)
