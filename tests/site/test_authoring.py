"""A lesson written in the browser, from the empty draft to a student who does it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.accounts.test_signing_in import PASSWORD
from tests.site.conftest import Site, give_back
from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]
_MAKE = """
from playground.accounts.models import User
for name in ("ahn", "bae"):
    user = User(username=name, role="instructor", first_name=name.title())
    user.set_password({password!r})
    user.save()
"""
EDITOR = re.compile(r"/author/\d+/(#.*)?\Z|/codemirror/")
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)


@dataclass
class Desk:
    """Two instructors and a student, each in a browser of their own."""

    ahn: Page
    bae: Page
    student: Page
    failures: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def desk(browser: Browser, site: Site) -> Iterator[Desk]:
    site.manage("shell", "-c", _MAKE.format(password=PASSWORD))
    contexts: list[BrowserContext] = []
    failures: list[str] = []

    def page() -> Page:
        context = browser.new_context(
            base_url=site.url, viewport={"width": 1440, "height": 900}, locale="en-US"
        )
        contexts.append(context)
        made = context.new_page()
        made.on("pageerror", lambda error: failures.append(str(error)))
        made.on("console", lambda said: failures.append(said.text) if is_bad(said) else None)
        return made

    def is_bad(said: ConsoleMessage) -> bool:
        # Where one types into a styled text, Chromium tries to keep its style by an attribute,
        # which the content policy refuses; CodeMirror takes only the text.
        typed = "Applying inline style" in said.text and EDITOR.search(said.location["url"])
        return said.type == "error" and not typed

    try:
        found = Desk(page(), page(), page(), failures)
        for name, who in (("ahn", found.ahn), ("bae", found.bae)):
            who.goto("/account/login/?next=/author/")
            who.get_by_label("Login").fill(name)
            who.get_by_label("Password").fill(PASSWORD)
            who.locator("main form button").first.click()
            expect(who.get_by_role("heading", name="Write lessons")).to_be_visible()
        yield found
    finally:
        for context in contexts:
            give_back(context)
            context.close()


def editor(page: Page, name: str) -> Locator:
    return page.get_by_role("textbox", name=re.compile(f"^{re.escape(name)}"))


def write(page: Page, name: str, text: str) -> None:
    """Replace all of a file by the keyboard, as text that is pasted."""
    editor(page, name).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def saved(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.locator("[data-status]")).to_have_attribute("data-state", "saved")


_STEP = """# {title}

{words}

![{title}](whale.png)

::: check {check}
{words}
:::

::: solution said-hello
```run
docker run busybox echo hello
```
:::
"""


def test_a_lesson_from_the_empty_draft_to_a_student(desk: Desk, tmp_path: Path) -> None:
    page = desk.ahn
    page.get_by_role("link", name="New draft").click()
    form = page.locator("details[open]")
    form.get_by_label("Name in the address").fill("greet")
    form.get_by_label("Title in English").fill("Greetings")
    form.get_by_label("Title in Korean").fill("인사")
    form.get_by_role("button", name="Begin").click()
    expect(page.locator("[data-found]")).to_have_text("No mistake")
    english, korean = "01-start.en.md", "01-start.ko.md"

    picture = tmp_path / "whale.png"
    picture.write_bytes(_PNG)
    page.locator("summary", has_text="Files").click()
    page.locator("[data-picture]").set_input_files(picture)
    expect(editor(page, english)).to_contain_text("](whale.png)")
    page.locator("summary", has_text="Files").click()

    # A mistake is marked in its line while it is typed, and gone when it is mended.
    write(page, english, _STEP.format(title="Greetings", words="Say it.", check="no-such"))
    write(page, korean, _STEP.format(title="인사", words="말해 보세요.", check="said-hello"))
    marked = page.locator("section", has=editor(page, english)).locator(".cm-lint-marker-error")
    expect(marked).to_have_count(2)
    expect(page.locator("[data-problems]")).to_contain_text("01-start.en.md:7")
    write(page, english, _STEP.format(title="Greetings", words="Say it.", check=""))
    editor(page, english).press("Control+Home")
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.type("said")
    option = page.locator(".cm-tooltip-autocomplete li", has_text="said-hello")
    expect(option).to_be_visible()
    page.wait_for_timeout(100)  # CodeMirror takes no key within 75 ms of a list's opening
    page.keyboard.press("Enter")
    expect(page.locator("[data-found]")).to_have_text("No mistake")
    expect(page.locator("[data-preview=en] [data-check=said-hello]")).to_contain_text("Say it.")
    expect(page.locator("[data-preview=ko] h1")).to_have_text("인사")
    shown = page.locator("[data-preview=en] img")
    expect(shown).to_have_js_property("naturalWidth", 1)
    saved(page)

    # The keyboard alone leaves the editor.
    editor(page, english).press("Escape")
    page.keyboard.press("Tab")
    expect(editor(page, english)).not_to_be_focused()

    # Only one language changes: the other one is behind, by paragraph.
    write(page, english, _STEP.format(title="Greetings", words="Say hello.", check="said-hello"))
    expect(page.locator("[data-translation]")).to_contain_text("2 paragraphs")
    page.get_by_role("button", name="translation is current").click()
    expect(page.locator("[data-translation]")).to_have_text("Both languages say the same.")
    expect(page.locator("[data-status]")).to_have_attribute("data-state", "saved")

    page.get_by_role("button", name="Play solutions").click()
    row = page.locator("[data-checks] [data-check=said-hello]")
    expect(row.locator("[data-right=true]")).to_have_count(2, timeout=60_000)
    expect(page.locator("[data-play]")).to_have_attribute("data-state", "done", timeout=30_000)

    page.get_by_role("link", name="Try it").click()
    terminal = TerminalPage(page)
    terminal.wait_for(PROMPT)
    page.locator("[data-check=said-hello]").wait_for()
    address = page.url
    terminal.run("docker run busybox echo hello")
    done = page.locator("[data-check=said-hello]")
    expect(done).to_have_attribute("data-done", "", timeout=15_000)
    assert desk.bae.goto(address).status == 404  # type: ignore[union-attr]
    assert desk.student.goto("/lessons/greet/").status == 404  # type: ignore[union-attr]
    desk.failures[:] = [each for each in desk.failures if "404" not in each]

    page.goto(address.replace("/try/", "/versions/"))
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 1 is published.")).to_be_visible()
    student = desk.student
    student.goto("/lessons/greet/")
    expect(student.locator("h1")).to_have_text("Greetings")
    terminal = TerminalPage(student)
    terminal.wait_for(PROMPT)
    terminal.run("docker run busybox echo hello")
    done = student.locator("[data-check=said-hello]")
    expect(done).to_have_attribute("data-done", "", timeout=15_000)
    assert not desk.failures


def test_two_editors_never_write_over_each_other(desk: Desk) -> None:
    ahn, bae = desk.ahn, desk.bae
    ahn.goto("/author/")
    ahn.get_by_role("link", name="greet").first.click()
    address = ahn.url.split("#")[0]
    ahn.goto(address + "versions/")
    ahn.get_by_label("User name of another instructor").fill("bae")
    ahn.get_by_role("button", name="Add", exact=True).click()
    for page in (ahn, bae):
        page.goto(address)
        expect(page.locator("[data-found]")).to_have_text("No mistake")
    english = "01-start.en.md"

    # Other lines: both are in it, and it is said.
    for page, key, text in ((ahn, "Control+End", "\nFrom Ahn."), (bae, "Control+Home", "")):
        editor(page, english).click()
        page.keyboard.press(key)
        if not text:
            page.keyboard.press("End")
            text = " by Bae"
        page.keyboard.insert_text(text)
        saved(page)
    expect(bae.locator("[data-status]")).to_contain_text("Ahn had changed it too")
    expect(editor(bae, english)).to_contain_text("From Ahn.")

    # The same line: both are shown, and what one makes of them is saved.
    ahn.reload()
    expect(editor(ahn, english)).to_contain_text("by Bae")
    for page, text in ((ahn, "# Good morning"), (bae, "# Good evening")):
        editor(page, english).click()
        page.keyboard.press("Control+Home")
        page.keyboard.press("Shift+End")
        page.keyboard.press("Delete")
        page.keyboard.insert_text(text)
        page.keyboard.press("Control+s")
        if page is ahn:
            expect(page.locator("[data-status]")).to_have_attribute("data-state", "saved")
    dialog = bae.locator("[data-merging]")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("Ahn has changed the same lines.")
    expect(dialog.locator(".cm-merge-a")).to_contain_text("Good morning")
    right = dialog.get_by_role("textbox", name="both")
    expect(right).to_contain_text("Good evening")
    right.click()
    bae.keyboard.press("Control+Home")
    bae.keyboard.press("Shift+ArrowDown")
    bae.keyboard.press("Delete")
    dialog.get_by_role("button", name="Save the right side").click()
    expect(dialog).to_be_hidden()
    expect(bae.locator("[data-status]")).to_have_attribute("data-state", "saved")
    bae.reload()
    expect(editor(bae, english)).to_contain_text("From Ahn.")
    expect(editor(bae, english)).to_contain_text("# Good")
    bae.goto(address + "versions/")
    expect(bae.locator(".revisions .tag.warn")).to_have_text("set aside")
    assert not desk.failures


def test_students_go_on_with_their_version_and_there_is_a_way_back(desk: Desk) -> None:
    ahn, student = desk.ahn, desk.student
    ahn.goto("/author/")
    ahn.get_by_role("link", name="greet").first.click()
    address = ahn.url.split("#")[0]
    # A second step, so that the student who has done the first one is in the middle.
    expect(ahn.locator("[data-found]")).to_have_text("No mistake")
    ahn.locator("summary", has_text="Files").click()
    ahn.get_by_label("Name of a new step").fill("02-more")
    ahn.get_by_role("button", name="Add", exact=True).click()
    expect(ahn.get_by_role("tab", name="02-more")).to_have_attribute("aria-selected", "true")
    saved(ahn)

    def publish(n: int) -> None:
        ahn.goto(address + "versions/")
        ahn.get_by_role("button", name="Publish").click()
        expect(ahn.get_by_text(f"Version {n} is published.")).to_be_visible()

    publish(2)
    student.reload()  # all of the first version was done: what is new comes by itself
    expect(student.locator("[data-step-mark]")).to_have_count(2)

    ahn.goto(address + "#02-more")
    write(ahn, "02-more.en.md", "# Yet more\n")
    saved(ahn)
    another = desk.bae
    another.goto("/lessons/greet/")
    expect(another.locator("[data-step-mark]")).to_have_count(2)
    publish(3)
    another.reload()
    another.get_by_role("button", name="Next").click()
    expect(another.locator("[data-step='02-more'] h1")).to_have_text("more")
    another.get_by_role("button", name="Go on with the newer one").click()
    expect(another.get_by_role("button", name="Go on with the newer one")).to_have_count(0)
    another.locator("[data-step-mark='02-more']").click()
    expect(another.locator("[data-step='02-more'] h1")).to_have_text("Yet more")

    ahn.get_by_role("button", name="Give it to students v1").click()
    expect(ahn.get_by_text("Students who begin now get it as you chose.")).to_be_visible()
    expect(ahn.locator(".columns li", has_text="students get it")).to_contain_text("v1")
    ahn.get_by_role("button", name="Withdraw it").click()
    expect(ahn.locator("h1")).to_contain_text("withdrawn")
    ahn.goto("/lessons/")
    expect(ahn.get_by_text("Greetings")).to_have_count(0)
    assert not desk.failures


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_fit(desk: Desk, width: int) -> None:
    page = desk.ahn
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/author/")
    page.get_by_role("link", name="greet").first.click()
    address = page.url.split("#")[0]
    for path in ("/author/", "/author/new/", address, address + "versions/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
