"""A class played in browsers: an instructor and three students at once."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from playground.classes import routing
from tests.accounts.test_signing_in import PASSWORD
from tests.site.conftest import Site, give_back
from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]
_MAKE = """
from playground.accounts.models import User
user = User(username="kim", role="instructor", first_name="Kim")
user.set_password({password!r})
user.save()
"""
_LOGGED = """
from playground.accounts.models import AuditEntry
for each in AuditEntry.objects.filter(action__startswith="class.watch"):
    print(each.action, each.detail["who"])
"""


@dataclass
class Room:
    """Who is there."""

    teacher: Page
    students: list[Page]
    failures: list[str]


@pytest.fixture
def room(browser: Browser, site: Site) -> Iterator[Room]:
    """Four browsers with cookies of their own, on which no script may fail."""
    site.manage("shell", "-c", _MAKE.format(password=PASSWORD))
    failures: list[str] = []
    contexts: list[BrowserContext] = []

    def page(width: int = 1440) -> Page:
        context = browser.new_context(
            base_url=site.url,
            viewport={"width": width, "height": 900},
            locale="en-US",
            timezone_id="Asia/Seoul",
        )
        contexts.append(context)
        made = context.new_page()
        made.on("pageerror", lambda error: failures.append(str(error)))
        made.on(
            "console", lambda said: failures.append(said.text) if said.type == "error" else None
        )
        return made

    try:
        yield Room(page(), [page() for _ in range(3)], failures)
    finally:
        for context in contexts:
            give_back(context)
            context.close()


def _make_class(teacher: Page) -> tuple[str, str]:
    """Sign in, make a class of one lesson; return its link and code."""
    teacher.goto("/account/login/?next=/classes/")
    teacher.get_by_label("Login").fill("kim")
    teacher.get_by_label("Password").fill(PASSWORD)
    teacher.locator("main form button").first.click()
    teacher.get_by_role("link", name="New class").click()
    teacher.get_by_label("Name", exact=True).fill("Tuesdays")
    teacher.get_by_label("Starts").fill("2031-03-04T10:00")
    teacher.get_by_role("button", name="Create").click()
    teacher.get_by_role("checkbox", name="A container from").or_(
        teacher.locator('input[value="first-container"]')
    ).first.check()
    teacher.locator('[name="until-first-container"]').fill("2031-03-04T12:30")
    teacher.get_by_role("button", name="Save the lessons").click()
    # Shown in the browser's zone, kept in UTC.
    expect(teacher.locator('[name="until-first-container"]')).to_have_value("2031-03-04T12:30")
    utc = teacher.locator('[name="until-first-container"]').get_attribute("data-utc")
    assert utc
    assert utc.startswith("2031-03-04T03:30")
    expect(teacher.get_by_label("Starts")).to_have_value("2031-03-04T10:00")
    expect(teacher.locator(".qr svg path").first).to_be_visible()
    return teacher.locator("[data-link]").input_value(), teacher.locator("[data-code]").inner_text()


def _join(student: Page, name: str, *, link: str = "", code: str = "") -> None:
    student.goto(link or "/classes/join/")
    if code:
        student.get_by_label("Code").fill(f" {code[:4].lower()}-{code[4:]}")
    student.get_by_label("Your name").fill(name)
    student.get_by_role("button", name="Join").click()
    expect(student.get_by_text(f"You are here as {name}.")).to_be_visible()


def test_a_class_from_the_invitation_to_the_report(room: Room, site: Site, tmp_path: Path) -> None:
    teacher, (mina, jun, sol) = room.teacher, room.students
    link, code = _make_class(teacher)
    _join(mina, "Mina", link=link)
    _join(jun, "Jun", code=code)
    _join(sol, "=Sol()", link=link)

    # They go to the lesson from their class; the instructor sees them come.
    teacher.get_by_role("link", name="During class").click()
    terminals = []
    for student in (mina, jun, sol):
        student.locator(".class-lessons a").first.click()
        terminals.append(TerminalPage(student))
    for terminal in terminals:
        terminal.wait_for(PROMPT)
    rows = teacher.locator("[data-member-row]")
    expect(rows).to_have_count(3)
    for row in rows.all():
        expect(row).to_contain_text("running", timeout=15_000)
        expect(row.locator(".where")).to_contain_text("1/")

    # One fails over and over, another asks for help: who asks comes first, with the reason said.
    for n in range(5):
        terminals[1].keys(f"docker run no-such-image-{n}\n")
        terminals[1].wait_for(rf"no-such-image-{n}:latest(.|\n)*{PROMPT}")
    jun_row = teacher.locator("[data-member-row]", has_text="Jun")
    expect(jun_row.locator(".why")).to_have_text("5 failed tries", timeout=15_000)
    expect(jun_row.locator(".line")).to_contain_text("docker run no-such-image-4")
    expect(rows.nth(0)).to_contain_text("Jun")
    mina.get_by_role("button", name="Ask for help").click()
    expect(mina.get_by_text("You have asked for help.")).to_be_visible()
    expect(rows.nth(0)).to_contain_text("Mina")
    expect(rows.nth(0).locator(".why")).to_contain_text("asks for help")
    expect(rows.nth(1)).to_contain_text("Jun")

    # The instructor looks on, which Mina sees, and types once she allows it.
    rows.nth(0).get_by_role("link", name="Look on").click()
    watched = TerminalPage(teacher)
    watched.wait_for(PROMPT)
    expect(mina.locator('[data-notice="company"]')).to_contain_text("Looking on: Kim")
    expect(mina.get_by_text("Kim is looking at your host.")).to_be_visible()
    terminals[0].keys("docker run -d --name seen busybox sleep 600\n")
    watched.wait_for("--name seen")
    expect(teacher.locator("[data-picture] .box-container")).to_contain_text("seen")
    teacher.locator("[data-terminal] textarea").focus()
    teacher.keyboard.type("echo sneaked''-in\n")
    teacher.get_by_role("button", name="Ask to type").click()
    mina.get_by_role("button", name="Allow").click()
    expect(teacher.locator('[data-notice="company"]')).to_contain_text("You may type.")
    teacher.locator("[data-terminal] textarea").focus()
    teacher.keyboard.type("echo by''-kim\n")
    terminals[0].wait_for("^by-kim$")
    assert "sneaked-in" not in terminals[0].screen()
    teacher.get_by_role("link", name="During class").click()
    rows.nth(0).get_by_role("button", name="Helped").click()
    expect(mina.get_by_role("button", name="Ask for help")).to_be_visible()

    # A message to one, a command and a file to all: shown and typed, but not run.
    teacher.locator("[data-member-row]", has_text="Jun").get_by_role("button", name="Write").click()
    say = teacher.locator("[data-say]")
    say.get_by_label("Text").fill("Look at <b>docker images</b>")
    say.get_by_role("button", name="Send").click()
    expect(jun.locator("[data-class-said]")).to_contain_text("Look at <b>docker images</b>")
    teacher.get_by_role("button", name="To all instead").click()
    say.get_by_label("a command").check()
    say.get_by_label("Text").fill("echo typed''-it")
    say.get_by_role("button", name="Send").click()
    for student in (mina, jun, sol):
        expect(student.locator("[data-class-said] .kind-command")).to_contain_text("echo typed")
    expect(mina.locator("[data-class-said]")).not_to_contain_text("docker images")
    sol.locator("[data-class-said]").get_by_role("button", name="Type it").click()
    terminals[2].wait_for(r"echo typed''-it\Z")
    assert "typed-it" not in terminals[2].screen()
    sol.keyboard.press("Enter")
    terminals[2].wait_for("^typed-it$")
    (tmp_path / "notes.txt").write_text("from the instructor\n")
    file = teacher.locator("[data-file]")
    file.locator("[type=file]").set_input_files(tmp_path / "notes.txt")
    file.get_by_role("button", name="Put it there").click()
    expect(file.locator("[data-said]")).to_have_text("On 3 of 3 hosts.", timeout=20_000)
    assert terminals[0].run("cat notes.txt") == "from the instructor"

    _nobody_else_listens(room, jun)
    _follow_the_projector(room, jun)
    logged = site.manage("shell", "-c", _LOGGED)
    assert "class.watch Mina" in logged
    assert "class.watch_picture Mina" in logged

    # After class.
    teacher.get_by_role("link", name="After class").click()
    expect(teacher.locator(".commands").first).to_contain_text("docker run no-such-image-0")
    with teacher.expect_download() as download:
        teacher.get_by_role("link", name="Download as CSV").click()
    text = Path(str(download.value.path())).read_text("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text)))
    by_name = {row["member"]: row for row in table}
    assert set(by_name) == {"Mina", "Jun", "'=Sol()"}
    assert by_name["Jun"]["failed"] == "5"
    assert "no-such-image-3" in by_name["Jun"]["failed_commands"]
    assert not [said for said in room.failures if "WebSocket" not in said]


_CLOSED = """([address]) => new Promise((resolve) => {
    const socket = new WebSocket(`ws://${location.host}/${address}`);
    const said = [];
    socket.onmessage = ({ data }) => said.push(typeof data === "string" ? data : "frame");
    socket.onclose = ({ code }) => resolve([code, said]);
    setTimeout(() => resolve([0, said]), 4000);
})"""


def _nobody_else_listens(room: Room, member: Page) -> None:
    """Every websocket of classes ends at once for whom it is not for, and tells them nothing."""
    course = re.findall(r"/teach/(\d+)/", room.teacher.url)[0]
    mine = room.teacher.locator("[data-member-row]", has_text="Jun").get_attribute(
        "data-member-row"
    )
    stranger = room.teacher.context.browser
    assert stranger
    context = stranger.new_context(base_url=room.teacher.url.split("/teach/")[0])
    page = context.new_page()
    page.goto("/lessons/")
    refused = {4403, 4410, 4401}
    for each in routing.websocket_urlpatterns:
        path = str(each.pattern)
        address = path.replace("<int:pk>", course).replace("<int:member>", str(mine))
        code, said = page.evaluate(_CLOSED, [address])
        assert code in refused, path
        # A terminal that may not be looked at says so in one frame; nothing else says anything.
        assert said in ([], ["frame"]), path
        assert not said or "terminal" in path or "watch" in path
        if path.startswith("ws/teach/"):  # a member is no instructor, not even over themselves
            code, said = member.evaluate(_CLOSED, [address])
            assert code in refused, path
            assert said in ([], ["frame"]), path
    context.close()


def _follow_the_projector(room: Room, student: Page) -> None:
    """The instructor shows their own terminal; a student's page follows it and cannot type."""
    teacher = room.teacher
    own = teacher.context.new_page()
    screen = TerminalPage(own)
    own.goto("/playground/")
    screen.wait_for(PROMPT)
    screen.run("echo before''-showing")
    teacher.get_by_role("button", name="Show my terminal").click()
    link = student.get_by_role("link", name="Follow the instructor")
    expect(link).to_be_visible()
    with student.context.expect_page() as opened:
        link.click()
    follower = TerminalPage(opened.value)
    follower.wait_for("^before-showing$")
    screen.run("docker run -d --name shown busybox sleep 600")
    follower.wait_for("--name shown")
    expect(opened.value.locator("[data-picture] .box-container")).to_contain_text("shown")
    opened.value.locator("[data-terminal] textarea").focus()
    opened.value.keyboard.type("echo from''-below\n")
    assert opened.value.get_by_role("button", name="Ask to type").count() == 0
    screen.run("echo still''-mine")
    follower.wait_for("^still-mine$")
    assert "from-below" not in screen.screen()
    teacher.get_by_role("button", name="Stop showing it").click()
    expect(opened.value.get_by_text(re.compile("shows nothing at the moment"))).to_be_visible()
    opened.value.close()
    own.close()
