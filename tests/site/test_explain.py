"""A student asks what a command means, and what it did on their host."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.conftest import Site
from tests.site.terminal_page import TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]

LINE = "docker run -d --name web -p 8080:80 nginx"


def parts(page: Page) -> list[str]:
    return page.locator("[data-part] .part-text").all_inner_texts()


def test_a_line_is_explained_while_it_is_typed(page: Page) -> None:
    page.goto("/lessons/")
    page.get_by_role("link", name="Explain a command").click()
    line = page.get_by_label("Command line")
    line.fill("")
    line.press_sequentially("docker run -it -p 8080:80 busybox sh")
    expect(page.locator("[data-part]")).to_have_count(6)
    assert parts(page) == ["docker run", "-i", "-t", "-p 8080:80", "busybox", "sh"]
    said = page.locator("[data-part]", has_text="-p 8080:80")
    expect(said).to_contain_text("Port 8080 of the host leads to port 80 of the container.")
    expect(said).to_contain_text("Publish a container's port(s) to the host")
    expect(page.locator("[data-summary]")).to_have_text("Parts: 6. Problems: 0.")
    page.reload()  # the address has kept the line
    assert parts(page)[-1] == "sh"
    page.locator(".mark").nth(3).press("Enter")
    assert page.url.endswith("#part-1-4")


def test_a_wrong_option_gets_the_nearest(page: Page) -> None:
    page.goto("/explain/")
    line = page.get_by_label("Command line")
    line.fill("docker run --prot 8080:80 --nmae web nginx")
    troubles = page.locator("[data-troubles] > li")
    expect(troubles).to_have_count(2)
    expect(troubles.first).to_contain_text("docker run has no option --prot. Did you mean")
    troubles.first.get_by_role("link", name="--publish").click()
    expect(line).to_have_value("docker run --publish 8080:80 --nmae web nginx")
    expect(troubles).to_have_count(1)
    troubles.first.get_by_role("link", name="--name").press("Enter")
    expect(troubles).to_have_count(0)
    expect(line).to_have_value("docker run --publish 8080:80 --name web nginx")


def test_what_it_did_this_time(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    printed = terminal.run(LINE)
    container = re.findall(r"\b[0-9a-f]{64}\b", printed)[0]
    other = page.context.new_page()
    other.goto("/explain/?" + "line=" + LINE.replace(" ", "+"))
    happened = other.locator("[data-happened]")
    expect(happened).to_have_count(4)  # -d, --name, -p and the image
    expect(happened.nth(1)).to_contain_text(f"ID {container[:12]} has this name")
    expect(happened.nth(2)).to_contain_text(re.compile(r"0\.0\.0\.0:8080.* → 80/tcp"))
    expect(other.locator(".happened.whole")).to_contain_text("web")
    terminal.run("docker stop -t 0 web")
    other.get_by_role("button", name="Explain", exact=True).click()
    expect(happened.nth(2)).to_contain_text("not open now")
    # Without a name it is the newest of the image; of an image without one, nothing.
    other.get_by_label("Command line").fill("docker run -d -p 8080:80 nginx")
    expect(happened).to_have_count(3)
    other.get_by_label("Command line").fill("docker run -d -p 8080:80 redis")
    expect(happened).to_have_count(0)


def test_the_builder_gives_the_line(page: Page) -> None:
    page.goto("/explain/")
    page.get_by_role("link", name="Build a command").click()
    page.get_by_label("Image", exact=True).fill("busybox")
    page.get_by_label("Give it a terminal").check()
    page.get_by_label("Variables, NAME=value").fill("GREETING=hello there")
    page.get_by_role("combobox").select_option("always")
    line = page.locator("[data-line-text]")
    expected = (
        "docker run -dt --name web -p 8080:80 -e 'GREETING=hello there' --restart always busybox"
    )
    expect(line).to_have_text(expected)
    page.get_by_role("button", name="Copy").click()
    page.wait_for_timeout(100)
    assert page.evaluate("navigator.clipboard.readText()") == expected
    page.get_by_role("link", name="Explain this line").click()
    expect(page.get_by_label("Command line")).to_have_value(expected)
    assert parts(page)[-1] == "busybox"


@pytest.fixture
def plain(browser: Browser, site: Site) -> Iterator[Page]:
    """A browser on a phone, in Korean, without scripts."""
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": 390, "height": 844},
        locale="ko-KR",
        java_script_enabled=False,
    )
    yield context.new_page()
    context.close()


def test_without_scripts_in_korean(plain: Page) -> None:
    plain.goto("/explain/")
    plain.get_by_label("명령줄").fill(LINE)
    plain.get_by_role("button", name="설명 보기").click()
    assert parts(plain) == ["docker run", "-d", "--name web", "-p 8080:80", "nginx"]
    expect(plain.locator("[data-part]").nth(3)).to_contain_text(
        "호스트의 8080번 포트가 컨테이너의 80번 포트로 이어집니다."
    )
    plain.goto("/explain/builder/")
    plain.get_by_label("이름", exact=False).first.fill("mine")
    plain.get_by_role("button", name="명령 보기").click()
    expect(plain.locator("[data-line-text]")).to_contain_text("--name mine")


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
def test_it_fits_a_phone(browser: Browser, site: Site, locale: str) -> None:
    context = browser.new_context(
        base_url=site.url, viewport={"width": 390, "height": 844}, locale=locale
    )
    page = context.new_page()
    long = f"docker run --prot 1 -v /{'very-' * 30}:/x -e A={'b' * 120} x/{'y' * 90}"
    for address in ("/explain/", f"/explain/?line={long}", "/explain/builder/"):
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, f"{address} is {width} wide"
    context.close()
