"""Lessons that mean harm to the site or to other authors, and drafts that are not one's own."""

from __future__ import annotations

import io
import ipaddress
import random
import re
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as site_settings
from django.test import Client
from django.urls import reverse

from lessons import library
from lessons.authoring import files, git, packing, saving, starting, translation
from lessons.authoring.files import BadFiles
from lessons.authoring.models import Draft
from lessons.authoring.published import hidden_name
from lessons.consumers import CLOSE_NO_LESSON
from lessons.library import LessonError
from playground.accounts.models import Role
from playground.asgi import site
from playground.classes.models import Assignment, Class
from playground.hub.preparing import prepare, put_file
from playground.runtime import bounded
from playground.runtime.errors import SandboxError
from playground.runtime.node import Node
from tests.classes.conftest import signed_in
from tests.lessons.authoring.conftest import Written
from tests.lessons.authoring.git_server import GitServer
from tests.support import Host

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg">%s<rect width="1"/></svg>'


# Repositories.


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    found = GitServer(tmp_path)
    settings.AUTHORING_GIT_HOSTS = ["localhost"]
    monkeypatch.setenv("GIT_SSL_CAINFO", str(found.certificate))
    yield found
    found.stop()


def test_trees_that_never_end_are_given_up(server: GitServer) -> None:
    """Ten folders of ten folders of…: a few kilobytes in the repository, ten million paths."""
    (server.work / "x.md").write_text("# x\n")
    server.commit()
    blob = server.git("rev-parse", "HEAD:x.md")
    tree = server.git("rev-parse", "HEAD^{tree}")
    lines = "".join(f"100644 blob {blob}\t{n}.md\n" for n in range(10))
    for _ in range(7):
        tree = _mktree(server, lines)
        lines = "".join(f"040000 tree {tree}\t{n}\n" for n in range(10))
    commit = server.git("commit-tree", tree, "-m", "bomb")
    server.git("update-ref", "refs/heads/main", commit)
    began = time.monotonic()
    with pytest.raises(BadFiles, match="could not fetch"):
        git.fetch(server.url)
    assert time.monotonic() - began < 30


def _mktree(server: GitServer, lines: str) -> str:
    done = subprocess.run(
        ["git", "mktree"], cwd=server.work, input=lines, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("64:ff9b::5db8:d822", True),
        ("10.0.0.1", False), ("100.64.0.1", False), ("192.168.1.1", False), ("0.0.0.0", False),
        ("169.254.169.254", False), ("198.18.0.1", False), ("224.0.0.1", False), ("::", False),
        ("::1", False), ("fd00::1", False), ("fe80::1", False), ("ff02::1", False),
        ("::ffff:10.0.0.1", False), ("2002:a00:1::", False), ("64:ff9b::a00:1", False),
        ("64:ff9b::7f00:1", False), ("::7f00:1", False), ("::a9fe:a9fe", False),
    ],
)  # fmt: skip
def test_which_addresses_are_anybodys(address: str, public: bool) -> None:
    assert git.is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize(
    "host", ["example.org.", ".example.org", "a..b", "exa%6dple.org", "-x.org", "a\\b", "a_-", "*"]
)
def test_names_of_hosts_that_are_looked_up_otherwise_than_they_are_read(host: str) -> None:
    with pytest.raises(BadFiles):
        git.checked_url(f"https://{host}/x.git")


def test_an_old_git_fetches_from_named_hosts_only(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would look the name up a second time, and could be told another address then."""
    monkeypatch.setattr(git, "_pins", lambda: False)
    with pytest.raises(BadFiles, match=r"older than 2\.37"):
        git.fetch("https://example.org/x.git")


def test_this_git_connects_to_the_address_that_it_is_told() -> None:
    assert git._pins()


# Archives.


def _zip(how: int, *entries: tuple[str, bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", how) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return into.getvalue()


@pytest.mark.parametrize("how", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_archives_that_are_packed_otherwise(how: int) -> None:
    with pytest.raises(BadFiles, match="plain zip"):
        packing.unpack(_zip(how, ("lesson.toml", b"x" * 100)))


def test_a_list_of_files_that_is_longer_than_any_lesson() -> None:
    began = time.monotonic()
    with pytest.raises(BadFiles, match="more than 1000 files"):
        packing.unpack(_zip(zipfile.ZIP_STORED, *((f"{n}/", b"") for n in range(20_000))))
    packed = _zip(zipfile.ZIP_STORED, ("a.md", b"")) + packing._LISTED * 400_000
    with pytest.raises(BadFiles, match="more than 1000 files"):
        packing.unpack(packed)
    assert time.monotonic() - began < 10


def test_archives_with_bits_turned_are_refused_in_words() -> None:
    """Whatever is wrong with an archive, it is said; nothing else comes out."""
    packed = _zip(zipfile.ZIP_DEFLATED, *((f"a/{n}.md", b"text %d" % n * 40) for n in range(5)))
    chance = random.Random(9)
    for _ in range(3000):
        broken = bytearray(packed)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            packing.unpack(bytes(broken[: chance.randint(1, len(broken))]))
        except BadFiles:
            continue


# Pictures.


@pytest.mark.parametrize(
    "inside",
    [
        b"<style>@import 'https://example.org/x.css';</style>",
        b"<style>rect { fill: url(https://example.org/x.svg#y) }</style>",
        b"<style>rect { fill: url( '//example.org/x') }</style>",
        b"<style>rect { fill: \\75rl(https://example.org/x) }</style>",
        b'<rect style="filter: url(&quot;https://example.org/x&quot;)"/>',
        b'<rect fill="url(https://example.org/x#y)"/>',
        b'<rect mask="URL(data:image/svg+xml,x)"/>',
    ],
)
def test_styles_that_would_load_something(inside: bytes) -> None:
    with pytest.raises(BadFiles):
        files.check_one("a.svg", _SVG % inside)


@pytest.mark.parametrize(
    "inside",
    [b'<rect fill="url(#shade)"/>', b"<style>rect { fill: url( '#shade' ) }</style>",
     b'<g id="C:\\pictures"/>'],
)  # fmt: skip
def test_styles_that_stay_in_the_picture(inside: bytes) -> None:
    files.check_one("a.svg", _SVG % inside)


def test_a_style_sheet_by_instruction_is_refused() -> None:
    sheet = b'<?xml version="1.0"?><?xml-stylesheet href="https://example.org/x.css"?>'
    with pytest.raises(BadFiles):
        files.check_one("a.svg", sheet + _SVG % b"")


def test_a_picture_that_is_nested_without_end_takes_no_time() -> None:
    began = time.monotonic()
    files.check_one("a.svg", _SVG % (b"<g>" * 100_000 + b"</g>" * 100_000))
    assert time.monotonic() - began < 10


# Texts: they are read at every pause in somebody's typing.


def _read(toml: bytes) -> None:
    library.read_files(
        {"lesson.toml": toml, "01-a.en.md": b"# a\n", "01-a.ko.md": b"# a\n"}, Path("x")
    )


@pytest.mark.parametrize(
    "toml",
    [
        "".join(f"a{n}=1\n" for n in range(25_000)).encode(),
        b"x = " + b"[" * 100_000,
        b"x = " + b"{a=" * 50_000,
        b"[a" + b".a" * 60_000 + b"]\n",
    ],
    ids=["keys", "lists", "tables", "dots"],
)
def test_tables_of_mistakes_take_no_minutes(toml: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(LessonError):
        _read(toml)
    assert time.monotonic() - began < 15


def test_texts_that_are_slow_to_compare() -> None:
    began = time.monotonic()
    text = "# t\n\n" + "a ]( b " * 20_000
    assert translation.paragraphs(text)[-1].has_words
    assert time.monotonic() - began < 10


@pytest.mark.django_db
def test_a_preview_is_text_to_other_authors(written: Written) -> None:
    """What one author writes is shown to the others as HTML: no script and no handler is in it."""
    evil = (
        "# t\n\n<img src=x onerror=alert(1)>\n\n[a](javascript:alert(1)) "
        '![b](x" onerror="alert(1)) ![](//example.org/p.png)\n\n'
        "::: hint <b onclick=x()>\nx\n:::\n\n"
        '```file /x"><script>alert(1)</script>\nx\n```\n\n<svg onload=alert(1)>\n'
    )
    names = [f"01-start.{each}.md" for each in ("en", "ko")]
    url = reverse("author-look", args=[written.draft.pk])
    asked = {"step": "01-start", "files": dict.fromkeys(names, evil)}
    answer = written.client.post(url, asked, content_type="application/json")
    assert answer.status_code == 200, answer.content
    for html in answer.json()["html"].values():
        low = html.lower()
        for tag in ("<script", "<svg", "<img src=x", "<b ", 'href="javascript', 'src="//'):
            assert tag not in low, html
        # Handlers are there as text only: never inside a tag.
        assert not re.search(r"<[a-z][^>]*\son\w+\s*=", low), html


# Drafts of others.


async def _close_code(path: str, cookie: str) -> int:
    scope = {
        "type": "websocket", "path": path, "query_string": b"", "subprotocols": [],
        "headers": [(b"origin", b"http://localhost"), (b"host", b"localhost"),
                    (b"cookie", cookie.encode())],
        "client": ("127.0.0.1", 1),
    }  # fmt: skip
    made: Any = ApplicationCommunicator
    socket = made(site, scope)
    await socket.send_input({"type": "websocket.connect"})
    said = await socket.receive_output(5)
    while said["type"] != "websocket.close":
        said = await socket.receive_output(5)
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait(5)
    return int(said["code"])


def _cookie(client: Client) -> str:
    client.get("/playground/")
    name = site_settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


@pytest.mark.django_db(transaction=True)
async def test_a_drafts_websocket_is_its_authors() -> None:
    def make() -> tuple[str, list[str]]:
        author, _ = signed_in("ahn", Role.INSTRUCTOR)
        draft = saving.create(author, "greet", starting.scratch("run", 900, "Greetings", "인사"))
        strangers = [Client(), signed_in("jun")[1], signed_in("bae", Role.INSTRUCTOR)[1]]
        return hidden_name(draft.pk, 1), [_cookie(each) for each in strangers]

    name, cookies = await sync_to_async(make)()
    for cookie in cookies:
        for slug in (name, f"{name}0", "draft_0_0", f"draft_{'9' * 15}_1", f"draft_{'9' * 400}_1"):
            assert await _close_code(f"/ws/lesson/{slug}/", cookie) == CLOSE_NO_LESSON, slug


@pytest.mark.django_db
def test_a_drafts_hidden_name_opens_it_nowhere_else(written: Written) -> None:
    name = hidden_name(written.draft.pk, 1)
    other, client = signed_in("bae", Role.INSTRUCTOR)
    client.get("/playground/")
    for path in (
        f"/lessons/{name}/", f"/lessons/{name}/pictures/x.png", f"/api/v1/lessons/{name}",
        f"/api/v1/lessons/{name}/steps", f"/api/v1/progress/{name}",
        f"/lessons/draft_{'9' * 5000}_1/", f"/lessons/draft_{written.draft.pk}_{'9' * 9}/",
    ):  # fmt: skip
        assert client.get(path).status_code in (404, 422), path
    assert client.post(f"/lessons/{name}/newer/").status_code in (302, 404)
    course = Class.objects.create(name="x", owner=other)
    client.post(f"/teach/{course.pk}/lessons/", {"lesson": name, f"order-{name}": "1"})
    assert not Assignment.objects.filter(lesson=name).exists()
    client.post("/author/new/", {"how": "copy", "copy-lesson": name, "copy-slug": "mine"})
    assert not Draft.objects.filter(slug="mine").exists()


# What a lesson runs: on the student's own host, and as what is there.


@pytest.mark.sandbox
def test_a_set_up_that_means_harm_stays_on_the_students_host(node: Node, host: Host) -> None:
    began = time.monotonic()
    with pytest.raises(SandboxError, match="printed too much"):
        prepare(host.sandbox, "flood", "yes")
    assert time.monotonic() - began < 30
    # It is root there, and nothing here: neither the machine's files nor its processes are seen.
    prepare(host.sandbox, "look", "id -u > /root/who; hostname > /root/where; ls /proc > /root/all")
    assert host.sh("cat /root/who /root/where") == "0\ndocker-host"
    assert str(host.sandbox.pid) not in host.sh("cat /root/all").split()
    # The name is a file's there, and leads nowhere else than where it can lead.
    prepare(host.sandbox, "once", "echo x >> /root/times")
    prepare(host.sandbox, "once", "echo x >> /root/times")
    assert host.sh("cat /root/times") == "x"
    with pytest.raises(SandboxError, match="ended with 3"):
        prepare(host.sandbox, "fails", "exit 3")
    # What it leaves running holds nobody up.
    began = time.monotonic()
    prepare(host.sandbox, "stays", "sleep 300 &")
    assert time.monotonic() - began < 20


@pytest.mark.sandbox
def test_a_host_whose_own_programs_flood_the_hub(host: Host) -> None:
    """Its student is root and may put another `sh` there before a lesson prepares the host."""
    flood = "#!/bin/bash\\nwhile :; do echo flood; done\\n"
    host.sh(f"printf '{flood}' > /usr/local/sbin/sh && chmod +x /usr/local/sbin/sh")
    try:
        began = time.monotonic()
        with pytest.raises(SandboxError):
            prepare(host.sandbox, "x", "true")
        with pytest.raises(SandboxError):
            put_file(host.sandbox, "/root/x", "y")
        assert time.monotonic() - began < 90
    finally:
        host.sandbox.run(["rm", "/usr/local/sbin/sh"])
    assert bounded.MOST_OUTPUT <= 64 << 20
