"""The processes that read archives: real ones, as the site starts them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import psutil
import pytest

from playground.archives import readers
from playground.archives.models import ImageArchive
from playground.archives.readers import Analyses, Readers
from tests.layers import archives
from tests.layers.archives import tar

pytestmark = pytest.mark.django_db(transaction=True)


async def kept(owner: str, data: bytes, state: str = "ready") -> ImageArchive:
    archive: ImageArchive = await ImageArchive.objects.acreate(
        owner=owner, name="a.tar", size=len(data), state=state
    )
    archive.folder.mkdir()
    archive.file.write_bytes(data)
    return archive


def one(path: str = "a") -> bytes:
    return archives.oci([tar({path: "1"})])


def children() -> set[int]:
    """Readers that run."""
    return {
        each.pid
        for each in psutil.Process().children()
        if "playground.layers.reader" in each.cmdline()
    }


async def ask(some: Readers, archive: ImageArchive, op: str = "images", **fields: Any) -> Any:
    answer = json.loads(await some.ask(archive, json.dumps({"id": 3, "op": op, **fields})))
    assert answer["id"] == 3
    return answer.get("answer") or answer["error"]


async def until_gone(some: Readers | None = None) -> None:
    for _ in range(200):
        if not children():
            break
        await asyncio.sleep(0.02)
    else:
        raise AssertionError("readers stay")
    if some:
        await some.close()


async def test_one_for_each_student_and_none_for_long() -> None:
    some = Readers(idle=0.3)
    mine, also_mine = await kept("me", one("a")), await kept("me", one("b"))
    theirs = await kept("them", one("c"))
    await ask(some, mine)
    first = children()
    await ask(some, mine)
    assert children() == first and len(first) == 1
    (image,) = (await ask(some, also_mine))["images"]
    assert len(children()) == 1 and children() != first
    found = await ask(some, also_mine, "tree", image=image["id"], layer=0, mode="layer", path="/")
    assert found["entries"][0]["path"] == "/b"
    await ask(some, theirs)
    assert len(children()) == 2
    await until_gone(some)
    await ask(some, mine)
    await until_gone(some)


async def test_no_more_than_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    some = Readers(most=1, idle=0.2)
    mine, theirs = await kept("me", one()), await kept("them", one())
    await ask(some, mine)
    await ask(some, theirs)  # one that rests goes
    assert len(children()) == 1
    monkeypatch.setattr(readers, "_ROOM_WITHIN", 0.1)
    seat = some._seats["them"]
    async with seat.lock:  # it is busy
        assert await ask(some, mine) == "busy"
    await ask(some, theirs)
    await until_gone(some)


async def test_one_that_is_killed_or_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    some = Readers(idle=0.2)
    mine = await kept("me", one())
    await ask(some, mine)
    (pid,) = children()
    psutil.Process(pid).kill()
    said = await ask(some, mine)
    assert said == "large" or said["images"]
    assert (await ask(some, mine))["images"]
    (pid,) = children()
    psutil.Process(pid).suspend()
    monkeypatch.setattr(readers, "_ANSWER_WITHIN", 0.1)
    monkeypatch.setattr(readers, "_ROOM_WITHIN", 0.1)
    assert await ask(some, mine) == "slow"
    await until_gone(some)


async def test_a_page_that_leaves_takes_nobodys_answer() -> None:
    some = Readers(idle=0.2)
    mine = await kept("me", one())
    await ask(some, mine)
    (pid,) = children()
    psutil.Process(pid).suspend()
    asked = asyncio.create_task(some.ask(mine, '{"id": 1, "op": "images"}'))
    await asyncio.sleep(0.05)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert (await ask(some, mine))["images"]
    await until_gone(some)


async def read(archive: ImageArchive) -> tuple[str, str]:
    some = Analyses()
    some.begin(archive)
    some.begin(archive)
    assert len(some._tasks) == 1
    await asyncio.gather(*some._tasks.values(), return_exceptions=True)
    await archive.arefresh_from_db()
    assert not children() and not some.progress
    return archive.state, archive.error


async def test_an_archive_is_read_in_the_background() -> None:
    assert await read(good := await kept("me", one(), "reading")) == ("ready", "")
    assert list(good.cache.glob("*.sqlite"))
    assert await read(await kept("me", b"no archive" * 99, "reading")) == ("broken", "archive")
    assert await read(await kept("me", archives.pack({"x": b""}), "reading")) == ("broken", "kind")


async def test_a_reading_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_READ_WITHIN", 0.01)
    assert await read(await kept("me", one(), "reading")) == ("broken", "slow")


async def test_a_reading_that_nobody_wants_any_more() -> None:
    archive, some = await kept("me", one(), "reading"), Analyses()
    some.begin(archive)
    await asyncio.sleep(0.05)
    (task,) = some._tasks.values()
    some.end(archive.id)
    with pytest.raises(asyncio.CancelledError):
        await task
    await until_gone()
    await archive.arefresh_from_db()
    assert archive.state == "reading"
