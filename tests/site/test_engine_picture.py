"""The picture of the engine: all can be clicked, stepped through, and is safe to see."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.conftest import Site, give_back
from tests.site.terminal_page import PROMPT, TerminalPage
from tests.support import Host

pytestmark = [pytest.mark.site, pytest.mark.sandbox]
_SCENE = """
docker network create front >/dev/null && docker network create back >/dev/null
docker run -d --name db --network back -v goods:/data redis
docker run -d --name web --network front -p 8085:80 -p 8086:81 -v goods:/srv:ro nginx
docker network connect back web
docker run -d --name tool -u 1000 -v '/root/it is':/it busybox sleep 1000
docker run --name job busybox sh -c 'exit 3' || true
docker pause db
"""
#: What a stranger may name things: markup, text that turns around, controls, and very much of it.
_HOSTILE = r"""
long=$(printf 'x%.0s' $(seq 10000))
docker run -d --name hostile -e "LONG=$long" -e $'TURN=\u202egnp.exe' -e $'CONTROL=\e[31m\a' \
  -e '<img src=x onerror=alert(1)>' --label a="$long" busybox \
  sh -c 'sleep 1000 # <script>alert(2)</script>' "$long" $'\u202e' $'two\nlines'
"""


@pytest.fixture(scope="module")
def scene(browser: Browser, site: Site) -> Iterator[tuple[Page, Host]]:
    """A page, its student's host with several of each kind of thing, and no failing script."""
    context = browser.new_context(
        base_url=site.url, viewport={"width": 1440, "height": 900}, locale="en-US"
    )
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("dialog", lambda dialog: failures.append(dialog.message))
    terminal = TerminalPage(page)
    page.goto("/playground/")
    terminal.wait_for(PROMPT)
    terminal.run("touch /root/of-the-picture")
    own = [
        Host(each) for each in site.node.sandboxes()
        if Host(each).try_sh("test -e /root/of-the-picture").returncode == 0
    ]  # fmt: skip
    assert len(own) == 1
    own[0].sh(_SCENE)
    yield page, own[0]
    give_back(context)
    context.close()
    assert not failures


def _facts(page: Page, box: str, command: str) -> None:
    """Open it by a click, then by the keyboard alone; both show the command."""
    page.locator(box).first.click()
    expect(page.locator("[data-facts-command]")).to_have_text(command)
    page.keyboard.press("Escape")
    expect(page.locator("[data-facts]")).to_be_hidden()
    assert page.evaluate("document.activeElement.matches('.box')")  # where it was
    page.keyboard.press("Enter")
    expect(page.locator("[data-facts-command]")).to_have_text(command)
    page.keyboard.press("Escape")


def test_everything_shows_its_facts_and_its_command(scene: tuple[Page, Host]) -> None:
    page, _ = scene
    expect(page.locator(".box-container")).to_have_count(4)
    expect(page.locator(".box-container[data-state=paused]")).to_contain_text("db")
    expect(page.locator(".box-container[data-state=exited]")).to_contain_text("exited 3")
    for box, command in (
        (".box-container:has-text('web')", "docker inspect web"),
        (".box-image:has-text('nginx')", "docker history nginx"),
        (".box-layer:has-text('rootfs')", "docker history --no-trunc busybox"),
        (".box-volume:has-text('goods')", "docker volume inspect goods"),
        (".box-bind:has-text('it is')", "ls -ld '/root/it is'"),
        (".box-network:has-text('back')", "docker network inspect back"),
        (".box-port:has-text('8086')", "curl localhost:8086"),
    ):
        _facts(page, box, command)
    boxes = page.locator(".box-port").evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect().left)"
    )
    assert abs(boxes[0] - boxes[1]) > 40, "two ports of a container lie side by side"


def test_the_table_has_the_same(scene: tuple[Page, Host]) -> None:
    page, _ = scene
    page.locator("[data-view-switch=table]").click()
    table = page.locator("[data-tables]")
    for text in (
        "8085 → 80/tcp",
        "goods → /srv (ro)",
        "back 172.",
        "exited (3)",
        "/root/it is → /it",
    ):
        expect(table).to_contain_text(text)
    table.get_by_role("button", name="web", exact=True).click()
    expect(page.locator("[data-facts-command]")).to_have_text("docker inspect web")
    page.keyboard.press("Escape")
    page.locator("[data-view-switch=picture]").click()


def test_what_happens_is_drawn_and_can_be_stepped_through(scene: tuple[Page, Host]) -> None:
    page, host = scene
    said = page.locator("[data-moment-text]")
    web = page.locator(".box-container:not(.leaving)", has_text="web")
    host.sh("docker exec -d web sleep 555")
    expect(web.locator(".exec")).to_have_text("execsleep 555")
    expect(said).to_have_text("container exec start web: sleep 555")
    host.sh("docker exec web pkill -f 'sleep 555' || docker exec web sh -c 'kill $(pidof sleep)'")
    expect(web.locator(".exec")).to_have_count(0)
    host.sh("docker rename web shop")
    expect(page.locator(".box-container", has_text="shop")).to_be_visible()
    shop = page.locator(".box-container:not(.leaving)", has_text="shop")
    host.sh("docker network disconnect front shop")
    expect(page.locator(".line-tap:not(.leaving)[data-line^='t:front']")).to_have_count(0)
    host.sh("docker commit shop sold")
    expect(page.locator(".box-image", has_text="sold")).to_be_visible()
    host.sh("docker rm -f shop")
    expect(shop).to_have_count(0)
    # Back through one burst: removed, disconnected, ended with its exit code, and running again.
    states: list[str | None] = []
    while not states or states[-1] != "running":
        page.locator("[data-earlier]").click()
        page.wait_for_timeout(300)
        states.append(shop.get_attribute("data-state") if shop.count() else "none")
        assert len(states) < 12, states
    assert "exited" in states
    page.locator("[data-live]").click()
    expect(shop).to_have_count(0)
    host.sh("docker rm -f db && docker volume rm goods")
    expect(page.locator(".box-volume:not(.leaving)", has_text="goods")).to_have_count(0)


def test_a_build_is_drawn_while_it_runs(scene: tuple[Page, Host]) -> None:
    page, host = scene
    script = (
        "printf 'FROM debian\\nRUN sleep 1; echo a >/a\\nRUN sleep 2\\n' | docker build -qt mine -"
    )
    build = threading.Thread(target=host.sh, args=[script])
    build.start()
    expect(page.locator(".box-step[data-running=true]", has_text="RUN sleep 2")).to_be_visible()
    expect(page.locator(".box-step[data-running=false]", has_text="echo a")).to_be_visible()
    expect(page.locator(".box-image", has_text="debian")).to_be_visible()  # what it stands on
    build.join()
    expect(page.locator(".box-image", has_text="mine")).to_be_visible()
    expect(page.locator(".box-step:not(.leaving)")).to_have_count(0)


def test_what_a_stranger_named_stays_text(scene: tuple[Page, Host]) -> None:
    page, host = scene
    host.sh(_HOSTILE)
    box = page.locator(".box-container", has_text="hostile")
    expect(box.locator(".cmd")).to_contain_text("<script>alert(2)</script>")
    box.click()
    facts = page.locator("[data-facts]")
    expect(facts).to_contain_text("<img src=x onerror=alert(1)>")
    expect(facts).to_contain_text("TURN=\ufffdgnp.exe")
    expect(facts).to_contain_text("CONTROL=\ufffd[31m\ufffd")
    expect(facts).to_contain_text("two↵lines")
    assert page.locator("[data-engine-pane] img, [data-engine-pane] script").count() == 0
    assert len(facts.inner_text()) < 4000
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    page.keyboard.press("Escape")


def test_still_dark_narrow_and_korean(scene: tuple[Page, Host], site: Site) -> None:
    page, host = scene
    page.emulate_media(reduced_motion="reduce", color_scheme="dark")
    host.sh("docker run -d --name calm busybox sleep 1000")
    calm = page.locator(".box-container", has_text="calm")
    expect(calm).to_be_visible()
    still = "all => all.every((e) => getComputedStyle(e).animationName === 'none')"
    assert page.locator(".box").evaluate_all(still)
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#tab-engine").click()
    calm.click()
    expect(page.locator("[data-facts-command]")).to_have_text("docker inspect calm")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Escape")
    # Images that stand on one base lie one above the other; nothing has to be scrolled sideways.
    host.sh(
        "docker run -d --name shelf -p 8091:80 -v goods:/srv nginx;"
        "docker run -d --name counter -p 8092:80 -p 8093:80 --network back webapp"
    )
    for name in ("shelf", "counter"):
        expect(page.locator(".box-container", has_text=name)).to_be_visible()
    page.wait_for_timeout(500)
    wide = "e => [e.scrollWidth, e.clientWidth]"
    inner, outer = page.locator("[data-picture]").evaluate(wide)
    assert inner <= outer <= 390
    shelf, counter = (
        page.locator(".box-container", has_text=name).bounding_box()
        for name in ("shelf", "counter")
    )
    assert shelf and counter
    assert counter["y"] + counter["height"] < shelf["y"] and shelf["width"] > 200
    base = page.locator(".box-layer", has_text="Debian base").bounding_box()
    assert base and base["y"] > shelf["y"] + shelf["height"]
    assert page.locator(".line-rail").count() >= 2
    ports = page.locator(".box-port").evaluate_all(
        "all => all.map((e) => e.getBoundingClientRect()).map((r) => [r.top, r.right])"
    )
    tops = sorted(top for top, _ in ports)
    assert all(right <= 390 for _, right in ports)
    assert all(below - above >= 20 for above, below in itertools.pairwise(tops))
    page.locator(".box-port", has_text="8092").click()
    expect(page.locator("[data-facts-command]")).to_have_text("curl localhost:8092")
    page.keyboard.press("Escape")
    host.sh("docker rm -f shelf counter")
    page.get_by_role("button", name="한국어").click()
    page.locator("#tab-engine").click()
    expect(page.locator(".host-name")).to_have_text("Docker 호스트")
    page.locator(".box-container", has_text="calm").click()
    expect(page.locator("[data-facts-title]")).to_have_text("컨테이너 calm")
