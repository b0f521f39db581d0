"""Which archives may come, who sees them, and how long."""

from __future__ import annotations

import shutil
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from playground.accounts.signals import student_asks, student_leaves, student_moves
from playground.accounts.students import student_of
from playground.archives import room, tasks
from playground.archives.models import ImageArchive
from playground.layers.reader import MOST_CACHED

pytestmark = pytest.mark.django_db


def someone() -> tuple[Client, str]:
    """A student who has opened the page."""
    client = Client()
    assert client.get("/layers/").status_code == 200
    return client, student_of(client.session)


def archive(owner: str, **fields: Any) -> ImageArchive:
    """An archive that is there."""
    made: ImageArchive = ImageArchive.objects.create(
        owner=owner, **{"name": "a.tar", "size": 5, "state": "ready", **fields}
    )
    made.folder.mkdir()
    made.file.write_bytes(b"12345")
    return made


def ticket(client: Client, size: object, name: str = "a.tar") -> Any:
    answer = client.post("/layers/archives/ticket/", {"name": name, "size": size})
    return answer.json() if answer.status_code == 200 else answer.json()["error"]


def test_leave_to_send_one(settings: Any) -> None:
    settings.ARCHIVE_MB = 1
    client, _ = someone()
    assert "ticket" in ticket(client, 1 << 20)
    assert ticket(client, (1 << 20) + 1) == "large"
    assert ticket(client, 0) == "empty"
    for size in ("x", "-5", "", "9" * 30):
        assert ticket(client, size) == "failed"
    assert ticket(Client(), 5) == "failed"  # nobody's
    assert Client(enforce_csrf_checks=True).post("/layers/archives/ticket/").status_code == 403


def test_what_is_too_large_is_said_in_a_sentence(settings: Any) -> None:
    settings.ARCHIVE_MB = 10
    client, _ = someone()
    said = client.post("/layers/archives/ticket/", {"name": "a", "size": 11 << 20})
    assert said.json()["message"] == "An archive may have 10 MB; this one has 11 MB."
    said = client.post(
        "/layers/archives/ticket/",
        {"name": "a", "size": 11 << 20},
        headers={"accept-language": "ko"},
    )
    assert "10 MB까지" in said.json()["message"]


def test_so_many_at_a_time(settings: Any) -> None:
    settings.ARCHIVES_EACH = 2
    client, me = someone()
    for _ in range(2):
        assert "ticket" in ticket(client, 5)
        archive(me)
    assert ticket(client, 5) == "many"
    assert "ticket" in ticket(someone()[0], 5)


def test_a_disk_that_is_nearly_full(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = SimpleNamespace(free=(300 << 20) + MOST_CACHED)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    settings.ARCHIVES_FREE_MB = 100
    room.check("me", 200 << 20)
    # What others have begun to send is counted, as far as it is promised.
    archive("another", state="coming", size=100 << 20)
    usage.free += MOST_CACHED
    with pytest.raises(room.NoRoom, match="no room"):
        room.check("me", 101 << 20)
    room.check("me", 100 << 20)


def test_only_ones_own_are_seen_and_removed() -> None:
    client, me = someone()
    other, them = someone()
    mine, theirs = archive(me, name="mine.tar"), archive(them)
    listed = client.get("/layers/archives/").json()["archives"]
    assert [each["name"] for each in listed] == ["mine.tar"]
    assert 350 < listed[0]["minutes"] <= 360
    assert Client().get("/layers/archives/").json()["archives"] == []
    assert client.post(f"/layers/archives/{theirs.id}/remove/").status_code == 404
    assert client.post("/layers/archives/none/remove/").status_code == 404
    assert Client().post(f"/layers/archives/{theirs.id}/remove/").status_code == 404
    assert theirs.file.exists()
    assert client.post(f"/layers/archives/{mine.id}/remove/").status_code == 200
    assert not mine.folder.exists()
    assert not ImageArchive.objects.filter(id=mine.id).exists()
    assert other.get("/layers/archives/").json()["archives"]


def test_what_is_old_and_what_is_nobodys_goes(settings: Any) -> None:
    settings.ARCHIVE_HOURS = 6
    long_ago = timezone.now() - timedelta(hours=6, minutes=1)
    old, young = archive("me", created=long_ago), archive("me")
    stray = settings.ARCHIVES_DIR / "a-stray"
    stray.mkdir()
    (stray / "archive").symlink_to("/etc/passwd")
    tasks.reap_archives()
    assert not old.folder.exists() and not stray.exists()
    assert young.file.read_bytes() == b"12345"
    assert list(ImageArchive.objects.values_list("id", flat=True)) == [young.id]


def test_an_archive_goes_where_its_student_goes() -> None:
    mine, theirs = archive("me", name="mine.tar"), archive("them")
    student_moves.send(sender=None, old="me", new="account", session={})
    mine.refresh_from_db()
    assert mine.owner == "account"
    told: list[Any] = [said for _, said in student_asks.send(sender=None, student="account")]
    (kept,) = next(said["archives"] for said in told if said and "archives" in said)
    assert kept["name"] == "mine.tar"
    student_leaves.send(sender=None, student="account")
    assert not mine.folder.exists() and theirs.folder.exists()
    assert [each.id for each in ImageArchive.objects.all()] == [theirs.id]
