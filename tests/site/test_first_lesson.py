"""A student's first minutes, in a real browser on a real engine."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from playground.runtime.sandbox import Sandbox
from tests.site.conftest import Site
from tests.site.terminal_page import PROMPT, TerminalPage
from tests.support import wait_until

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


def test_from_the_site_to_docker_run_and_back_after_a_reload(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name=re.compile("container", re.I)).first.click()
    terminal = TerminalPage(page)
    terminal.wait_for(PROMPT)
    assert "Hello from Docker!" in terminal.run("docker run --rm hello-world")
    assert re.search(r"\b[0-9a-f]{64}\b", terminal.run("docker run -d --name web -p 8080:80 nginx"))
    page.wait_for_timeout(500)
    assert "<html" in terminal.run("curl -s localhost:8080").lower()
    terminal.keys("docker exec -it web bash\n")
    terminal.wait_for(r"^root@[0-9a-f]{12}:/.*# ?\Z")
    assert "nginx" in terminal.run("cat /proc/1/comm")
    terminal.keys("exit\n")
    terminal.wait_for(PROMPT)
    assert re.search(r"nginx .*0\.0\.0\.0:8080->80/tcp.* web", terminal.run("docker ps"))
    before = terminal.run("cat /proc/sys/kernel/random/boot_id; docker info -f '{{.ID}}'")

    page.reload()
    terminal.wait_for(PROMPT)
    assert "docker exec -it web bash" in terminal.screen()  # the screen came back with it
    assert terminal.run("docker ps --format '{{.Names}}'") == "web"
    assert terminal.run("cat /proc/sys/kernel/random/boot_id; docker info -f '{{.ID}}'") == before


def test_the_jenkins_lines_as_they_stand(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open("jenkins")
    terminal.run(
        "docker run --name jenkins -itd -v /var/run/docker.sock:/var/run/docker.sock "
        "-v $(pwd)/jenkins_home:/var/jenkins_home -p 8000:8080 -u root jenkins"
    )
    page.wait_for_timeout(3000)
    printed = terminal.run(
        "docker exec -it jenkins cat /var/jenkins_home/secrets/initialAdminPassword"
    )
    assert re.fullmatch(r"[0-9a-f]{32}", printed.strip())


def test_run_button_types_and_copy_button_copies(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    block = page.locator("[data-step]:not([hidden]) [data-command]").first
    page.wait_for_function("document.hasFocus()")
    for _ in range(10):
        if block.count():
            break
        page.locator("[data-next]").click()
        block = page.locator("[data-step]:not([hidden]) [data-command]").first
    command = block.locator("code").inner_text().strip().splitlines()[0]
    block.locator("[data-copy]").click()
    page.wait_for_timeout(100)
    assert page.evaluate("navigator.clipboard.readText()").splitlines()[0] == command
    block.locator("[data-run]").click()
    terminal.wait_for("# " + re.escape(command))


def test_unicode_size_and_full_screen_programs(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    assert terminal.run("echo '안녕 컨테이너 🐳 é'") == "안녕 컨테이너 🐳 é"
    size = page.evaluate("(t => [t.rows, t.cols])(window.playground.terminal.terminal)")
    assert terminal.run("stty size").split() == [str(n) for n in size]
    page.set_viewport_size({"width": 1100, "height": 700})
    page.wait_for_timeout(500)
    smaller = page.evaluate("(t => [t.rows, t.cols])(window.playground.terminal.terminal)")
    assert smaller != size
    assert terminal.run("stty size").split() == [str(n) for n in smaller]
    for program, shows, leave in (
        ("nano /tmp/note", "GNU nano", "\x18"),
        ("top", "PID", "q"),
        ("less /etc/services", "tcpmux|Network services", "q"),
        ("vi /etc/hostname", "docker-host", ":q!\n"),
    ):
        terminal.keys(f"{program}\n")
        terminal.wait_for(shows)
        page.wait_for_timeout(200)
        if leave == "\x18":
            page.keyboard.press("Control+x")
        else:
            terminal.keys(leave)
        terminal.wait_for(PROMPT)


def test_docker_completes(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.keys("docker hist\t")
    terminal.wait_for("# docker history")


def test_copy_and_interrupt(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("echo to-be-copied")
    page.evaluate("window.playground.terminal.terminal.selectAll()")
    page.locator("[data-terminal] textarea").focus()
    page.keyboard.press("Control+Shift+c")
    page.wait_for_function("navigator.clipboard.readText().then((t) => t.includes('to-be-copied'))")
    terminal.keys("sleep 1000\n")
    page.wait_for_timeout(300)
    page.keyboard.press("Control+c")
    assert terminal.run("echo free") == "free"


def test_paste(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    page.evaluate("navigator.clipboard.writeText('echo pasted-$((40+2))')")
    page.locator("[data-terminal] textarea").focus()
    page.keyboard.press("Control+v")
    page.keyboard.press("Enter")
    terminal.wait_for("^pasted-42$")


def test_layers_of_a_chosen_image(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open("layer-stack")
    page.locator("[data-view-switch=layers]").click()
    page.select_option("#layers-image", "webapp:latest")
    rows = page.locator("[data-layers-list] li:not(.setting)")
    expect(rows).to_have_count(3)
    assert "COPY" in rows.nth(0).inner_text()
    assert "nginx" in rows.nth(1).inner_text()
    terminal.run("printf 'FROM webapp\\nRUN echo mine > /mine\\n' | docker build -qt mine -")
    page.select_option("#layers-image", "mine:latest", timeout=15_000)
    expect(rows).to_have_count(4)


def test_a_new_shell_after_exit(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.keys("exit\n")
    terminal.wait_for("The shell has ended")
    terminal.keys("\n")
    terminal.wait_for(PROMPT)
    assert terminal.run("echo again") == "again"


def test_a_fresh_host_on_demand(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("docker run -d --name old busybox sleep 600")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Fresh host").click()
    page.wait_for_timeout(300)
    terminal.wait_for(PROMPT)
    assert terminal.run("docker ps -aq") == ""


def _sandbox_of(terminal: TerminalPage, site: Site) -> Sandbox:
    """The sandbox behind a terminal, found by a file that its student makes."""
    mark = f"root/mark-{secrets.token_hex(4)}"
    terminal.run(f"touch /{mark}")
    own = [s for s in site.node.sandboxes() if Path(f"/proc/{s.pid}/root/{mark}").exists()]
    assert len(own) == 1
    return own[0]


def test_a_frozen_host_goes_on_at_the_first_key(page: Page, site: Site) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    sandbox = _sandbox_of(terminal, site)
    sandbox.freeze()
    assert terminal.run("echo awake") == "awake"
    assert sandbox.inspect().state == "running"
    sandbox.freeze()
    page.reload()
    terminal.wait_for(PROMPT)
    assert terminal.run("docker ps -q | wc -l") == "0"


def test_a_host_that_died_comes_back_with_its_disk(page: Page, site: Site) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("docker run --name kept busybox true; sync; echo old-screen")
    sandbox = _sandbox_of(terminal, site)
    sandbox.group.kill()
    # By itself, and with the screen of the new shell only.
    wait_until(lambda: "old-screen" not in terminal.screen(), seconds=30)
    terminal.wait_for(PROMPT, seconds=30)
    assert terminal.run("docker ps -a --format '{{.Names}}'") == "kept"
    assert site.node.get(sandbox.id).pid != sandbox.pid


def test_two_students_have_two_hosts(browser: Browser, site: Site) -> None:
    pages = []
    for name in ("ann", "bob"):
        context = browser.new_context(base_url=site.url)
        terminal = TerminalPage(context.new_page())
        terminal.open()
        terminal.run(f"touch /root/{name}; docker run -d --name {name} busybox sleep 600")
        pages.append((name, terminal))
    for name, terminal in pages:
        assert terminal.run("ls /root; docker ps --format '{{.Names}}'").split() == [name, name]
        terminal.page.context.close()


def test_the_site_answers_while_a_student_misbehaves(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.keys("bomb() { bomb | bomb & }; bomb\n")
    terminal.keys("tail /dev/zero\n")
    other = page.context.browser.new_context(base_url=page.url.split("/lessons")[0])  # type: ignore[union-attr]
    calm = TerminalPage(other.new_page())
    calm.open()
    assert calm.run("echo calm") == "calm"
    other.close()


def test_long_output_arrives_whole(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.keys("seq 1 200000\n")
    terminal.wait_for(r"^200000\n" + PROMPT)
    lines = terminal.screen().splitlines()
    start = lines.index("199000")
    assert lines[start : start + 1001] == [str(n) for n in range(199000, 200001)]


def test_a_limit_that_is_reached_is_said_and_the_shell_lives_on(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    line = page.locator("[data-limits]")
    expect(line).to_be_hidden()
    terminal.run("docker run busybox dd if=/dev/zero of=/hog bs=1M count=60")
    terminal.run("dd if=/dev/zero of=/root/hog bs=1M count=5000")
    expect(line).to_contain_text("Your disk is full: 3.8 of 3.8 GB.", timeout=10_000)
    expect(line).to_contain_text(re.compile(r"docker system prune frees (5|6)\d MB"))
    terminal.run("rm /root/hog")
    expect(line).to_be_hidden(timeout=10_000)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_lessons_speak_both_languages(browser: Browser, site: Site, language: str) -> None:
    context = browser.new_context(base_url=site.url, locale=language)
    page = context.new_page()
    page.goto("/lessons/")
    assert page.locator("html").get_attribute("lang") == language
    assert (page.locator("h1").inner_text().isascii()) == (language == "en")
    page.locator(".cards a").first.click()
    heading = page.locator("[data-step]:not([hidden]) h1").inner_text()
    assert heading.isascii() == (language == "en")
    context.close()


def test_by_keyboard_alone(page: Page) -> None:
    page.goto("/lessons/")
    for _ in range(60):  # the site's links, the map's, then the cards
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.cards') !== null"):
            break
    else:
        raise AssertionError("no card of a lesson is reached")
    page.keyboard.press("Enter")
    terminal = TerminalPage(page)
    terminal.wait_for(PROMPT)
    page.locator("[data-next]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-count]")).to_contain_text("2")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_fits_phone_and_desktop(
    browser: Browser, site: Site, width: int, scheme: str, tmp_path: Path
) -> None:
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": width, "height": 844},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    for path in ("/lessons/", "/images/", "/lessons/layer-stack/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.screenshot(path=tmp_path / "page.png")
    context.close()
