"""Layers, file by file, in a real browser: of a student's host, of the catalogue, of archives."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Browser, Locator, Page, expect
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.layers import archives
from tests.site.conftest import Site
from tests.site.terminal_page import PROMPT, TerminalPage
from tests.support import Host, wait_until

pytestmark = [pytest.mark.sandbox, pytest.mark.site]

BASE = archives.tar(
    {"etc/": None, "etc/motd": "hello\nthere\n", "opt/": None, "opt/a": "x" * 5000, "bin": "b"}
)
TOP = archives.tar(
    {"etc/motd": "hello\nyou\n", "opt/": None, "opt/.wh..wh..opq": "", "opt/c": "c", ".wh.bin": ""},
    mtime=2000,
)  # fmt: skip
STEPS = ["ADD base.tar /", "RUN change things"]
_MADE = """docker build -qt mine - <<'END'
FROM busybox
ENV A=1
USER 7
RUN head -c 2000 /dev/zero >/tmp/x
CMD ["a", "b"]
END
"""


def stack(page: Page) -> Locator:
    return page.locator("[data-layers-list] button")


def line(page: Page, name: str) -> Locator:
    """A line of the tree by what a screen reader says of it."""
    return page.get_by_role("treeitem", name=re.compile(rf"^(folder )?{re.escape(name)},")).first


def path(page: Page, begins: str) -> Locator:
    """A line of a flat list by how what a screen reader says of it begins."""
    # Playwright writes a pattern between slashes.
    pattern = "^" + re.escape(begins).replace("/", r"\/")
    return page.get_by_role("treeitem", name=re.compile(pattern))


def focused(page: Page) -> str:
    """What a screen reader says where the focus is."""
    said: str = page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")
    return said


def drop(page: Page, name: str, data: bytes) -> None:
    """Drop a file on the page, as a file manager would."""
    page.evaluate(
        """([name, text]) => {
            const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
            const files = new DataTransfer();
            files.items.add(new File([bytes], name));
            const zone = document.querySelector("[data-drop]");
            for (const type of ["dragover", "drop"]) zone.dispatchEvent(
                new DragEvent(type, { dataTransfer: files, bubbles: true, cancelable: true }));
        }""",
        [name, base64.b64encode(data).decode()],
    )


def test_layers_of_what_one_built(page: Page) -> None:
    terminal = TerminalPage(page)
    page.goto("/playground/")
    terminal.wait_for(r"root@docker-host:[^\n]*# ?\Z")
    terminal.run(
        "printf 'FROM nginx\\nRUN sed -i s/^worker_pro/#worker_pro/ /etc/nginx/nginx.conf; "
        "rm /etc/motd; head -c 300000 /dev/zero > /big\\nRUN rm /big\\n' | docker build -qt mine -"
    )
    page.locator("[data-view-switch=layers]").click()
    page.select_option("#layers-image", "mine:latest")
    expect(stack(page)).to_have_count(4)

    # The stack and the tree by keys alone.
    stack(page).nth(0).focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-files-title]")).to_have_text("Layer 3 of 4")
    expect(page.locator("[data-files-by]")).to_contain_text("RUN sed -i")
    expect(line(page, "big")).to_be_visible()
    line(page, "big").focus()
    page.keyboard.type("et")
    assert focused(page).startswith("folder etc")
    page.keyboard.press("ArrowRight")
    expect(line(page, "motd")).to_have_accessible_name(re.compile("removed"))
    page.keyboard.press("ArrowRight")
    assert focused(page).startswith("motd, removed")
    page.keyboard.press("End")
    page.keyboard.press("Home")
    assert focused(page).startswith("big, added, 300 kB")
    page.keyboard.type("ngin")
    assert focused(page).startswith("folder nginx")
    page.keyboard.press("ArrowRight")
    expect(line(page, "nginx.conf")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    diff = page.locator("[data-file-text]")
    expect(diff.locator(".removed")).to_have_text(re.compile(r"^-worker_processes 1;"))
    expect(diff.locator(".added")).to_have_text(re.compile(r"^\+#worker_processes 1;"))
    command = page.locator("[data-same]").inner_text()
    page.keyboard.press("Escape")
    assert focused(page).startswith("nginx.conf, changed")
    assert "#worker_processes" in terminal.run(command)

    # What one sees at this height, and a search in it.
    page.locator("[data-mode=union]").click()
    expect(line(page, "usr")).to_be_visible()
    page.locator("[data-search]").fill("motd")
    expect(page.locator("[data-tree-said]")).to_have_text(re.compile(r"\d+ found"))
    expect(path(page, "/etc/motd")).to_have_count(0)
    page.locator("[data-search]").fill("nginx.con")
    expect(path(page, "/etc/nginx/nginx.conf")).to_be_visible()

    # What it wastes, and what a pull would fetch.
    page.locator("[data-panel-switch=waste]").click()
    advice = page.locator(".advice li").filter(has_text="(/big)")
    expect(advice).to_contain_text("300 kB Layer 4 removes what layer 3 brought")
    page.select_option("#layers-image", "nginx:latest")
    page.locator("[data-panel-switch=compare]").click()
    page.locator("[data-other]").select_option(label="webapp:latest")
    expect(page.locator(".fetches")).to_have_text(
        re.compile(r"a pull of webapp still fetches only “COPY source.*”, [\d.]+ kB of \d+ MB")
    )

    # A container's own layer, live.
    page.locator("[data-panel-switch=files]").click()
    terminal.run("docker run -d --name web nginx")
    own = page.locator("[data-layers-list] .writable button")
    expect(own).to_contain_text("web")
    own.click()
    expect(path(page, "/run/nginx.pid, added")).to_be_visible()
    terminal.run("docker exec web sh -c 'echo \"# mine\" >> /etc/nginx/nginx.conf; rm /etc/motd'")
    written = path(page, "/etc/nginx/nginx.conf, changed")
    expect(written).to_have_accessible_name(re.compile("copied up from layer 2"))
    expect(path(page, "/etc/motd, removed, was in layer")).to_be_visible()
    expect(page.locator("[data-same]")).to_have_text("docker diff web")
    written.click()
    expect(page.locator("[data-file-text] .added")).to_have_text("+# mine\n")
    terminal.run("docker rm -f web")
    expect(page.locator("[data-layers-list] .writable")).to_have_count(0)


def test_an_archive_dropped_on_the_page(page: Page, browser: Browser, site: Site) -> None:
    page.goto("/layers/")
    expect(page.locator("#layers-image")).to_have_value("webapp:latest")
    drop(page, "mine.tar", archives.docker([BASE, TOP], STEPS))
    opened = page.locator(".sources .archive button").first
    expect(opened).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#layers-image")).to_have_value("mine:latest")
    expect(stack(page)).to_have_count(2)
    expect(stack(page).nth(1)).to_contain_text("ADD base.tar /")
    line(page, "opt").click()
    expect(line(page, "opt")).to_have_accessible_name(re.compile("opaque"))
    expect(line(page, "a")).to_have_accessible_name("a, removed, 5.0 kB")
    expect(line(page, "bin")).to_have_accessible_name("bin, removed, 1 B")
    line(page, "etc").click()
    line(page, "motd").click()
    expect(page.locator("[data-file-text] .added")).to_have_text("+you\n")
    page.locator("[data-panel-switch=waste]").click()
    expect(page.locator(".advice li").first).to_contain_text("5.0 kB Layer 2 removes what layer 1")

    # It is there after a reload, for its student alone.
    page.reload()
    expect(page.locator("#layers-image")).to_have_value("mine:latest")
    mine = re.search("from=(a-[0-9a-f]+)", page.url)
    assert mine
    stranger = browser.new_context(base_url=site.url).new_page()
    stranger.goto("/layers/")
    expect(stranger.locator("#layers-image")).to_have_value("webapp:latest")
    stranger.evaluate(f"playground.explorer.from('{mine[1]}')")
    expect(stack_text(stranger)).to_have_text("This is not there any more.")
    stranger.context.close()

    # What is none is said, and goes when one asks.
    drop(page, "bad.tar", b"no archive" * 500)
    expect(stack_text(page)).to_contain_text("This is no archive of images")
    kept = site.var / "archives"
    assert len(list(kept.iterdir())) >= 2
    for left in (1, 0):
        page.locator(".sources [data-remove]").first.click()
        expect(page.locator(".sources .archive")).to_have_count(left)
    assert not (kept / mine[1]).exists()
    expect(page.locator("#layers-image")).to_have_value("webapp:latest")


def test_an_archive_beside_images_of_other_origins(page: Page, site: Site) -> None:
    terminal = TerminalPage(page)
    page.goto("/playground/")
    terminal.wait_for(PROMPT)
    terminal.run("touch /root/of-the-layers")
    (host,) = [
        Host(each) for each in site.node.sandboxes()
        if Host(each).try_sh("test -e /root/of-the-layers").returncode == 0
    ]  # fmt: skip
    host.sh(_MADE)
    saved = host.sandbox.run(["docker", "save", "mine"], seconds=60).stdout
    page.goto("/layers/")
    drop(page, "saved.tar", saved)
    drop_done = page.locator(".sources .archive button").first
    expect(drop_done).to_have_attribute("aria-pressed", "true")
    # From base to top, with what made no layer in its place.
    rows = page.locator("[data-layers-list] li")
    expect(rows.locator(".by")).to_have_text(
        ['CMD ["a", "b"]', re.compile("RUN head"), "USER 7", "ENV A=1", 'CMD ["sh"]',
         re.compile("COPY")]
    )  # fmt: skip
    expect(rows.locator(".setting .about, .about").nth(0)).to_have_text(re.compile("no layer · .+"))
    expect(stack(page)).to_have_count(2)

    page.locator("[data-panel-switch=compare]").click()
    other = page.locator("[data-other]")
    said, fetches = page.locator("[data-compared] p").first, page.locator(".fetches")
    catalogue, own = "Images on every new host", "Your Docker host"
    chosen(page, catalogue, "busybox:latest")
    expect(said).to_contain_text(f"mine (saved.tar) and busybox ({catalogue}) share 1 layer")
    expect(fetches).to_contain_text("fetches nothing")
    chosen(page, own, "mine:latest")
    expect(said).to_contain_text(f"mine (saved.tar) and mine ({own}) share 2 layers")
    expect(fetches).to_contain_text("fetches nothing")
    chosen(page, catalogue, "nginx:latest")
    expect(said).to_contain_text("share no layer")
    expect(fetches).to_contain_text("fetches all of it")
    command = page.locator("[data-same]").inner_text()
    assert command.startswith("docker load -qi saved.tar; docker image inspect -f")

    # The other way round, and two archives, one of them packed.
    page.locator("[data-source=catalogue]").click()
    page.select_option("#layers-image", "busybox:latest")
    chosen(page, "saved.tar", "mine:latest")
    expect(fetches).to_have_text(
        re.compile(r"still fetches only “RUN head.*”, 2.0 kB of [\d.]+ .B")
    )
    drop(page, "packed.tar", archives.oci([BASE, TOP], "zstd", STEPS))
    expect(page.locator("#layers-image")).not_to_have_value("busybox:latest")
    page.locator("[data-panel-switch=compare]").click()
    chosen(page, "saved.tar", "mine:latest")
    expect(said).to_contain_text("share no layer")
    # One that is removed is no choice any more.
    page.locator(".sources .archive", has_text="saved.tar").locator("[data-remove]").click()
    expect(other.locator("optgroup[label='saved.tar']")).to_have_count(0)
    expect(other.locator(f"optgroup[label='{own}']")).to_have_count(1)
    page.locator(".sources .archive [data-remove]").click()
    expect(page.locator(".sources .archive")).to_have_count(0)


def chosen(page: Page, origin: str, name: str) -> None:
    """Choose the image that stands beside the one that is shown."""
    option = page.locator(f"[data-other] optgroup[label='{origin}'] option", has_text=name)
    expect(option).to_have_count(1)
    page.locator("[data-other]").select_option(value=option.get_attribute("value"))


def stack_text(page: Page) -> Locator:
    return page.locator("[data-layers-list]")


def test_on_a_phone_in_korean(browser: Browser, site: Site) -> None:
    context = browser.new_context(
        base_url=site.url, viewport={"width": 390, "height": 844}, locale="ko-KR"
    )
    page = context.new_page()
    page.goto("/images/")
    page.get_by_role("link", name="레이어를 파일 하나하나").nth(4).click()
    expect(page.locator("#layers-image")).to_have_value("nginx:latest")
    expect(page.locator("[data-files-title]")).to_have_text("레이어 2/2")
    line(page, "폴더 etc").click()
    expect(page.get_by_role("treeitem", expanded=True)).to_have_count(1)
    for panel in ("files", "waste", "compare"):
        page.locator(f"[data-panel-switch={panel}]").click()
        expect(page.locator(f"[data-panel={panel}]")).not_to_be_empty()
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, panel
    page.locator("[data-source=host]").click()
    expect(stack_text(page)).to_contain_text("호스트가 없습니다")
    context.close()


def ticket(page: Page, size: int) -> APIResponse:
    """Ask for leave to send one."""
    token = page.locator("[data-layers-page] [name=csrfmiddlewaretoken]").input_value()
    form: dict[str, str | float | bool] = {"csrfmiddlewaretoken": token, "name": "x.tar"}
    form["size"] = size
    return page.request.post("/layers/archives/ticket/", form=form)


def cookies(page: Page) -> str:
    return "; ".join(f"{each['name']}={each['value']}" for each in page.context.cookies())


def send(page: Page, body: bytes, size: int) -> APIResponse:
    """Upload as the page does."""
    asked = ticket(page, size)
    if not asked.ok:
        return asked
    return page.request.put(
        "/layers/archives/put/", headers={"X-Upload-Ticket": asked.json()["ticket"]}, data=body
    )


def test_uploads_that_lie(page: Page, site: Site) -> None:
    page.goto("/layers/")
    assert send(page, b"x" * 10, 20).json()["error"] == "changed"
    assert send(page, b"x" * 20, 10).json()["error"] == "changed"
    assert send(page, b"x", 1 << 45).json()["error"] == "large"
    assert page.request.post("/layers/archives/ticket/", form={"name": "x"}).status == 403
    assert page.request.put("/layers/archives/put/", data=b"x").status == 409
    assert page.request.get("/layers/archives/").json() == {"archives": []}
    assert list((site.var / "archives").iterdir()) == []
    # One that breaks off half way leaves nothing either.
    leave = ticket(page, 9 << 20).json()["ticket"]
    broken = http.client.HTTPConnection(site.address)
    broken.putrequest("PUT", "/layers/archives/put/")
    for name, value in (("X-Upload-Ticket", leave), ("Cookie", cookies(page))):
        broken.putheader(name, value)
    broken.putheader("Content-Length", str(9 << 20))
    broken.endheaders(bytes(3 << 20))
    wait_until(lambda: list((site.var / "archives").iterdir()) != [])
    broken.close()
    wait_until(lambda: list((site.var / "archives").iterdir()) == [])
    most = site.most_memory()
    big = archives.docker([archives.tar({"zeros": bytes(60 << 20)})])
    leave = ticket(page, len(big)).json()["ticket"]
    straight = http.client.HTTPConnection(site.address)
    straight.request(
        "PUT", "/layers/archives/put/", big, {"X-Upload-Ticket": leave, "Cookie": cookies(page)}
    )
    assert straight.getresponse().status == 200
    straight.close()
    assert site.most_memory() < most + (40 << 20)  # it went to the disk


async def said(site: Site, cookie: str, path: str, *frames: str | bytes) -> tuple[int, list[Any]]:
    """The close code and what was answered to frames, from the site's own origin."""
    answers: list[Any] = []
    async with connect(
        f"ws://{site.address}/ws/layers/{path}/",
        additional_headers={"Cookie": cookie} if cookie else None,
        origin=f"http://{site.address}",  # type: ignore[arg-type]
    ) as socket:
        try:
            answers.append(json.loads(await asyncio.wait_for(socket.recv(), 10)))  # the state
            for frame in frames:
                await socket.send(frame)
            while True:
                answers.append(json.loads(await asyncio.wait_for(socket.recv(), 1.5)))
        except (ConnectionClosed, TimeoutError, asyncio.TimeoutError):
            pass
        return socket.close_code or 0, answers


def test_sockets_that_are_misused(page: Page, site: Site) -> None:
    page.goto("/layers/")
    cookie = cookies(page)
    ask = json.dumps({"id": 1, "op": "images"})

    async def all_of_it() -> None:
        assert (await said(site, "", "catalogue", ask))[0] == 4401
        code, answers = await said(site, cookie, "catalogue", "nonsense", ask)
        assert code == 0 and answers[0] == {"state": "ready"}
        assert answers[1] == {"id": None, "error": "question"}
        assert answers[2]["answer"]["images"]
        assert (await said(site, cookie, "catalogue", "x" * 40_000))[0] == 4400
        assert (await said(site, cookie, "catalogue", b"bytes"))[0] == 4400
        assert (await said(site, cookie, "catalogue", *["{}"] * 400))[0] == 4429
        assert await said(site, cookie, "a-" + "0" * 24, ask) == (4410, [{"state": "gone"}])
        assert await said(site, cookie, "host", ask) == (0, [{"state": "none"}])
        # Another site's page gets nothing.
        with pytest.raises(Exception, match="403"):
            await connect(
                f"ws://{site.address}/ws/layers/host/",
                additional_headers={"Cookie": cookie},
                origin="http://evil.example",  # type: ignore[arg-type]
            )

    # Playwright has the loop of this thread.
    with ThreadPoolExecutor(1) as beside:
        beside.submit(asyncio.run, all_of_it()).result()
