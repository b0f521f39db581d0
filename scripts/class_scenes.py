"""Scenes of a class with three students. Each goes on with what the ones before it did."""

from __future__ import annotations

import re

from playwright.sync_api import Page

from scripts.stage import PROMPT, Stage

_NAMES = (("Mina", "미나"), ("Jun", "준호"), ("Sol", "한솔"))
_LESSONS = ("first-container", "inside-and-outside", "images")


def _teach(page: Page) -> str:
    found = re.search(r"/teach/\d+/", page.url)
    assert found, page.url
    return found[0]


def invitation(stage: Stage) -> Page:
    """A class: link, code and QR code, its lessons with dates."""
    page = stage.instructor
    page.goto("/teach/new/")
    page.locator('[name="name"]').fill(stage.say("Containers on Tuesdays", "화요일 컨테이너 수업"))
    page.locator('[name="starts"]').fill("2031-03-04T10:00")
    page.locator("main form button.primary").click()
    page.wait_for_url(re.compile(r"/teach/\d+/"))
    for lesson in _LESSONS:
        page.locator(f'input[value="{lesson}"]').check()
    page.locator('[name="until-first-container"]').fill("2031-03-04T12:30")
    with page.expect_navigation():
        page.locator("[data-lessons] button.primary").click()
    link = page.locator("[data-link]").input_value()
    for member, names in zip(stage.members, _NAMES, strict=True):
        member.goto(link)
        member.locator('[name="name"]').fill(stage.say(*names))
        member.locator("main form button.primary").click()
        member.wait_for_selector(".class-lessons a")
    page.reload()
    return page


def live(stage: Stage) -> Page:
    """During class: one asks for help, one fails again and again, one gets on."""
    mina, jun, sol = stage.members
    for member in stage.members:
        member.locator(".class-lessons a").first.click()
    for member in stage.members:
        stage.wait_for(PROMPT, member)
    for number in range(5):
        line = f"docker run helo-world:{number}"
        stage.type(line, rf"helo-world:{number}'(.|\n)*{PROMPT}\s*\Z", jun)
    stage.type("docker run hello-world", r"Hello from Docker", sol)
    stage.type("docker run -d --name web -p 8080:80 nginx", r"[0-9a-f]{64}", mina)
    mina.locator("[data-class-tools] button").first.click()
    page = stage.instructor
    page.goto(f"{_teach(page)}live/")
    page.wait_for_selector("tr.asks")
    page.wait_for_selector("tr.stuck")
    page.wait_for_timeout(2000)
    return page


def look_on(stage: Stage) -> Page:
    """A student's terminal and picture, as the instructor sees them."""
    page = stage.instructor
    page.locator("tr.asks a").first.click()
    stage.wait_for(PROMPT, page)
    page.wait_for_selector("[data-picture] .box-container")
    page.wait_for_timeout(1500)
    return page


def projector(stage: Stage) -> Page:
    """The instructor's own terminal and picture, as a student follows them."""
    page = stage.instructor
    here = _teach(page)
    own = page.context.new_page()
    own.goto("/playground/")
    stage.wait_for(PROMPT, own)
    stage.type("docker run -d --name cache redis", r"[0-9a-f]{64}", own)
    page.goto(f"{here}live/")
    with page.expect_navigation():
        page.locator("[data-project] button.primary").click()
    sol = stage.members[2]
    sol.goto(f"{here.replace('teach', 'classes')}projector/")
    stage.wait_for("docker run -d --name cache redis", sol)
    stage.type("docker ps --format '{{.Names}} {{.Image}}'", "^cache redis", own)
    stage.wait_for("^cache redis", sol)
    sol.wait_for_selector("[data-picture] .box-container")
    sol.wait_for_timeout(1500)
    own.close()
    return sol


def report(stage: Stage) -> Page:
    """After class: who did which step, and with which commands people failed."""
    page = stage.instructor
    page.goto(f"{_teach(page)}report/")
    return page
