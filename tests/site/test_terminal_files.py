"""Files to a host and from it, those that mean harm included."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Locator, Page, expect

from tests.site.conftest import Site
from tests.site.terminal_page import TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


def upload(page: Page, *files: Path) -> None:
    page.locator("[data-upload-field]").set_input_files([str(file) for file in files])


def said(page: Page) -> Locator:
    return page.locator("[data-active] [data-notice^=file-]")


def send(page: Page, name: str, body: bytes, size: int | None = None) -> APIResponse:
    """Upload as a page does, but with any name."""
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    asked = page.request.post(
        "/sandbox/files/ticket/",
        form={
            "csrfmiddlewaretoken": token,
            "name": name,
            "size": str(len(body) if size is None else size),
            "terminal": "main",
        },
    )
    assert asked.ok, asked.text()
    return page.request.put(
        "/sandbox/files/put/",
        headers={"X-Upload-Ticket": asked.json()["ticket"], "X-Language": "en"},
        data=body,
    )


def fetch(page: Page, path: str) -> APIResponse:
    return page.request.get("/sandbox/files/get/", params={"path": path, "terminal": "main"})


def test_fifty_megabytes_there_and_back(page: Page, site: Site, tmp_path: Path) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("mkdir -p /srv/in && cd /srv/in")
    file = tmp_path / "big one.bin"
    file.write_bytes(os.urandom(50 << 20))
    sum_here = hashlib.sha256(file.read_bytes()).hexdigest()
    upload(page, file)
    expect(said(page)).to_contain_text("big one.bin is on your host", timeout=60_000)
    # It lies where the shell is, and is whole.
    assert terminal.run("sha256sum '/srv/in/big one.bin'").split()[0] == sum_here

    page.get_by_role("button", name="Menu").click()
    page.get_by_role("menuitem", name="Download…").click()
    dialog = page.locator("[data-download-dialog]")
    expect(dialog.locator("input")).to_have_value("/srv/in")
    with page.expect_download(timeout=60_000) as started:
        dialog.get_by_role("button", name="big one.bin").click()
    assert started.value.suggested_filename == "big one.bin"
    back = Path(started.value.path()).read_bytes()
    assert hashlib.sha256(back).hexdigest() == sum_here


def test_a_transfer_is_not_held_in_memory(page: Page, site: Site, tmp_path: Path) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    before = site.most_memory()
    file = tmp_path / "large.bin"
    with file.open("wb") as sparse:
        sparse.truncate(400 << 20)
    upload(page, file)
    expect(said(page)).to_contain_text("is on your host", timeout=120_000)
    terminal.run("rm large.bin")
    assert site.most_memory() - before < 60 << 20


def test_dropped_on_the_terminal_and_never_over_a_file(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("cd; echo old > note.txt; ln -s /etc/passwd 'note (1).txt'")
    page.evaluate(
        """() => { const data = new DataTransfer();
        data.items.add(new File(["new"], "note.txt"));
        const slot = document.querySelector(".slot[data-active]");
        const how = { dataTransfer: data, bubbles: true, cancelable: true };
        slot.dispatchEvent(new DragEvent("dragover", how));
        slot.dispatchEvent(new DragEvent("drop", how)); }"""
    )
    expect(said(page)).to_contain_text("note (2).txt is on your host")
    assert terminal.run("cat note.txt 'note (2).txt'") == "old\nnew"
    assert terminal.run("grep -c root /etc/passwd") != "0"


def test_cancel_leaves_nothing(page: Page, tmp_path: Path) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("mkdir -p /srv/cancelled; cd /srv/cancelled")
    file = tmp_path / "slow.bin"
    with file.open("wb") as sparse:
        sparse.truncate(900 << 20)
    upload(page, file)
    said(page).get_by_role("button", name="Cancel").click()
    expect(said(page)).to_have_count(0)
    for _ in range(50):
        if terminal.run("ls -A | wc -l") == "0":
            break
        page.wait_for_timeout(100)
    assert terminal.run("ls -A") == ""


def test_a_full_disk_is_said_and_nothing_stays(page: Page, tmp_path: Path) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("mkdir -p /srv/full; cd /srv/full; dd if=/dev/zero of=/hog bs=1M; sync", 120)
    file = tmp_path / "too-much.bin"
    file.write_bytes(os.urandom(8 << 20))
    upload(page, file)
    expect(said(page)).to_contain_text("The disk of your host is full", timeout=60_000)
    assert terminal.run("ls -A /srv/full") == ""
    terminal.run("rm /hog")


@pytest.mark.parametrize(
    ("name", "lies_at"),
    [
        ("../../etc/passwd", "/srv/names/passwd"),
        ("/etc/shadow", "/srv/names/shadow"),
        ("..\\..\\x.txt", "/srv/names/x.txt"),
        ("-rf", "/srv/names/-rf"),
        ("a\nb\x1b[31m.txt", "/srv/names/ab[31m.txt"),
        ("$(touch hacked);`id`", "/srv/names/$(touch hacked);`id`"),
        ("한글 🐳.txt", "/srv/names/한글 🐳.txt"),
    ],
)
def test_names_lead_nowhere(page: Page, name: str, lies_at: str) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("mkdir -p /srv/names; cd /srv/names")
    answer = send(page, name, b"mine")
    assert answer.ok, answer.text()
    assert answer.json()["name"] == lies_at.rpartition("/")[2]
    found = fetch(page, lies_at)
    assert found.ok and found.body() == b"mine"
    assert terminal.run("ls -A /srv/names | wc -l") == "1"


@pytest.mark.parametrize("name", ["", "..", ".", "a/..", "\n"])
def test_names_that_are_none(page: Page, name: str) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    answer = send(page, name, b"x")
    assert answer.status == 409
    assert answer.json()["message"] == "A file cannot have this name."


def test_uploads_that_lie(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("mkdir -p /srv/lies; cd /srv/lies")
    assert send(page, "short", b"x" * 10, size=20).json()["error"] == "changed"
    assert send(page, "long", b"x" * 20, size=10).json()["error"] == "changed"
    assert send(page, "huge", b"x", size=1 << 45).json()["error"] == "large"
    assert terminal.run("ls -A") == ""
    # Without the page's token there is no leave, without leave no upload.
    assert page.request.post("/sandbox/files/ticket/", form={"name": "x"}).status == 403
    refused = page.request.put("/sandbox/files/put/", data=b"x")
    assert refused.status == 409


def test_only_files_and_folders_come_out(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("cd; mkfifo pipe; truncate -s 10T sparse; ln -s /dev/zero zero; ln -s pipe fifo")
    for path in ("pipe", "fifo", "/dev/zero", "zero", "/dev/pts/0", "/run/docker.sock"):
        answer = fetch(page, path)
        assert answer.status == 409, path
        assert answer.json()["message"] == "Only files and folders can be downloaded."
    assert fetch(page, "sparse").json()["error"] == "large"
    assert fetch(page, "/nowhere").json()["error"] == "missing"
    assert fetch(page, "x" * 5000).json()["error"] == "missing"
    # Files of the kernel have no size: nothing of them comes, without end even less.
    assert fetch(page, "/proc/version").body() == b""


def test_how_a_download_is_labelled(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("cd; echo '<script>alert(1)</script>' > page.html; touch $'a\\nb\"c.html'")
    answer = fetch(page, "page.html")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="page.html"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.body() == b"<script>alert(1)</script>\n"
    odd = fetch(page, 'a\nb"c.html')
    assert odd.ok and "\n" not in odd.headers["content-disposition"]


def test_a_folder_comes_as_an_archive(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("mkdir -p /srv/tree/sub; cd /srv; echo 1 > tree/one; echo 2 > tree/sub/two")
    terminal.run("mkfifo tree/pipe; ln -s /dev/zero tree/zero")
    answer = fetch(page, "tree")
    assert answer.headers["content-disposition"] == 'attachment; filename="tree.tar"'
    with tarfile.open(fileobj=io.BytesIO(answer.body())) as archive:
        names = set(archive.getnames())
        two = archive.extractfile("tree/sub/two")
        assert two and two.read() == b"2\n"
    assert {"tree", "tree/one", "tree/sub", "tree/sub/two", "tree/pipe", "tree/zero"} == names


def test_walking_through_folders(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("mkdir -p /srv/walk/inner; echo deep > /srv/walk/inner/file.txt; cd /srv/walk")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("menuitem", name="Download…").click()
    dialog = page.locator("[data-download-dialog]")
    dialog.get_by_role("button", name="inner/").click()
    expect(dialog.locator("input")).to_have_value("/srv/walk/inner")
    with page.expect_download() as started:
        dialog.get_by_role("button", name="file.txt").click()
    assert Path(started.value.path()).read_text() == "deep\n"
    dialog.locator("input").fill("/no/such")
    page.keyboard.press("Enter")
    expect(dialog.locator("[data-files-said]")).to_have_text("There is no such file or folder.")
    dialog.locator("input").fill("~")
    page.keyboard.press("Enter")
    expect(dialog.locator("input")).to_have_value("/root")
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.activeElement.matches('[data-active] textarea')")


def test_another_students_files_are_out_of_reach(page: Page, site: Site) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    ticket = page.request.post(
        "/sandbox/files/ticket/",
        form={"csrfmiddlewaretoken": token, "name": "x", "size": "1", "terminal": "main"},
    ).json()["ticket"]
    other = page.context.browser.new_context(base_url=site.url)  # type: ignore[union-attr]
    stranger = other.new_page()
    TerminalPage(stranger).open()
    headers = {"X-Upload-Ticket": ticket}
    assert stranger.request.put("/sandbox/files/put/", headers=headers, data=b"x").status == 409
    other.close()
