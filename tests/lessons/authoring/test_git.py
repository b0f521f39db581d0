"""Lessons from a git repository: a real git, a real server, and addresses that mean harm."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lessons.authoring import git, starting
from lessons.authoring.files import BadFiles
from lessons.authoring.models import Draft
from tests.lessons.authoring.conftest import Written
from tests.lessons.authoring.git_server import GitServer


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[GitServer]:
    found = GitServer(tmp_path)
    settings.AUTHORING_GIT_HOSTS = ["localhost"]
    monkeypatch.setenv("GIT_SSL_CAINFO", str(found.certificate))
    yield found
    found.stop()


def fill(server: GitServer, folder: str = "content/hello") -> dict[str, bytes]:
    files = starting.scratch("run", 900, "Hello", "안녕")
    (server.work / folder).mkdir(parents=True)
    for name, data in files.items():
        (server.work / folder / name).write_bytes(data)
    return files


@pytest.mark.django_db
def test_a_draft_from_a_repository_and_fetched_again(server: GitServer, written: Written) -> None:
    files = fill(server)
    first = server.commit()
    asked = {
        "how": "git", "git-url": server.url, "git-language": "en", "git-folder": "content/hello",
    }  # fmt: skip
    answer = written.client.post("/author/new/", asked)
    assert answer.status_code == 302
    draft = Draft.objects.get(slug="hello")
    assert (draft.files(), draft.git_commit) == (files, first)
    url = f"/author/{draft.pk}/sync/"
    page = written.client.post(url, follow=True)
    assert "Nothing has changed." in page.content.decode()
    (server.work / "content/hello/01-start.en.md").write_text("# Anew\n")
    second = server.commit()
    page = written.client.post(url, follow=True)
    assert "1 file has changed: 01-start.en.md" in page.content.decode()
    draft.refresh_from_db()
    assert (draft.head, draft.git_commit) == (2, second)
    assert draft.files()["01-start.en.md"] == b"# Anew\n"
    (server.work / "content/hello/lesson.toml").unlink()
    server.commit()
    page = written.client.post(url, follow=True)
    assert "It is no lesson that can be read" in page.content.decode()
    draft.refresh_from_db()
    assert draft.head == 2


def test_links_are_not_followed_and_what_git_keeps_is_left_out(server: GitServer) -> None:
    files = fill(server)
    (server.work / "content/hello/passwd.md").symlink_to("/etc/passwd")
    (server.work / ".github").mkdir()
    (server.work / ".github/x.md").write_text("x")
    (server.work / "film.mp4").write_bytes(b"\0" * (3 << 20))
    server.commit()
    fetched = git.fetch(server.url)
    assert fetched.files == {f"content/hello/{name}": data for name, data in files.items()}


def test_branches(server: GitServer) -> None:
    fill(server)
    server.commit()
    server.git("checkout", "--quiet", "-b", "next")
    (server.work / "more.md").write_text("x")
    server.commit()
    server.git("checkout", "--quiet", "main")
    assert "more.md" not in git.fetch(server.url).files
    assert "more.md" in git.fetch(server.url, "next").files
    with pytest.raises(BadFiles, match="Remote branch nothing not found"):
        git.fetch(server.url, "nothing")


def test_a_redirection_is_not_followed(server: GitServer) -> None:
    fill(server)
    server.commit()
    server.redirect = "https://127.0.0.1:1"
    with pytest.raises(BadFiles, match="git could not fetch it"):
        git.fetch(server.url)
    assert len(server.asked) == 1


def test_a_repository_that_never_ends(server: GitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    (server.work / "noise.bin").write_bytes(os.urandom(2 << 20))
    server.commit()
    monkeypatch.setattr(git, "_MOST_PACK", 1 << 20)
    with pytest.raises(BadFiles, match="git could not fetch it"):
        git.fetch(server.url)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x.git", "file:///etc", "/etc", "ext::sh -c id", "git://example.org/x",
        "ssh://example.org/x", "git@example.org:x", "https://", "https:///x", "--upload-pack=id",
        "https://name:secret@example.org/x", "https://name@example.org/x", "https://exa mple.org/",
        "https://example.org/x?a=b", "https://example.org/x#y", "https://[::1", "https://a:x/",
        "https://example.org/\nx",
    ],
)  # fmt: skip
def test_addresses_that_nobody_fetches_from(url: str) -> None:
    with pytest.raises(BadFiles):
        git.checked_url(url)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0",
     "[::ffff:127.0.0.1]", "[2002:7f00:1::]", "[fe80::1]", "224.0.0.1", "2130706433", "0x7f.1"],
)  # fmt: skip
def test_hosts_of_the_machines_own_network(host: str) -> None:
    with pytest.raises(BadFiles, match=r"own network|There is no host"):
        git.fetch(f"https://{host}/x.git")


def test_only_hosts_that_are_named(settings: Any) -> None:
    settings.AUTHORING_GIT_HOSTS = ["git.example.org"]
    with pytest.raises(BadFiles, match=r"from these hosts: git\.example\.org"):
        git.fetch("https://example.com/x.git")


@pytest.mark.parametrize("branch", ["--upload-pack=id", "a b", "../x", "a;b", "x:y"])
def test_names_that_are_no_branch(branch: str) -> None:
    with pytest.raises(BadFiles, match="no branch"):
        git.fetch("https://example.org/x.git", branch)
