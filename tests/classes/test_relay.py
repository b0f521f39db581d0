"""One stream to many viewers. The stream is the test's; a hub's is met in `tests/site`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import pairwise

from playground.classes.relay import EngineRelay, Relays, TerminalRelay, Viewer
from playground.hub import protocol


class Stream:
    """What the hub would send, as the test says it."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.taken: list[bytes] = []
        self.closed = False

    def say(self, *messages: str | bytes | None) -> None:
        for message in messages:
            self.coming.put_nowait(message)

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while (message := await self.coming.get()) is not None:
            yield message

    async def send(self, message: bytes) -> None:
        self.taken.append(message)

    async def close(self) -> None:
        self.closed = True


class Page:
    """A page that parses what it gets, or does not."""

    def __init__(self, relay: TerminalRelay, *, parses: bool = True, **query: str) -> None:
        self.frames: list[bytes] = []
        self.output = b""
        self.position = 0
        self.parses = parses
        self.viewer = Viewer(relay, self.take, **query)
        self.task = asyncio.create_task(self.viewer.run())

    async def take(self, frame: bytes) -> None:
        self.frames.append(frame)
        if frame[:1] in (protocol.WELCOME, protocol.SKIP):
            self.position = json.loads(frame[1:])["start"]
        if frame[:1] == protocol.OUTPUT:
            self.output += frame[1:]
            self.position += len(frame) - 1
            if self.parses:
                self.viewer.acknowledge(self.position)

    def said(self, kind: bytes) -> list[bytes]:
        return [frame[1:] for frame in self.frames if frame[:1] == kind]


def welcome(start: int = 0) -> bytes:
    return protocol.frame(protocol.WELCOME, {"start": start})


async def settle() -> None:
    await asyncio.sleep(0.1)


async def test_all_see_all_and_late_ones_what_is_kept() -> None:
    stream = Stream()
    relay = TerminalRelay(stream)
    running = asyncio.create_task(relay.run())
    early = [Page(relay) for _ in range(20)]
    size = protocol.frame(protocol.VIEWERS, {"columns": 100, "rows": 30, "viewers": [], "you": 1})
    stream.say(welcome(), size, b"ohello ", b"oworld")
    await settle()
    late = Page(relay)
    await settle()
    assert {page.output for page in [*early, late]} == {b"hello world"}
    told = json.loads(late.said(protocol.VIEWERS)[-1])
    assert (told["columns"], told["rows"]) == (100, 30)
    assert json.loads(late.said(protocol.WELCOME)[0])["live"] == len(b"hello world")
    again = Page(relay, after="6", shell=relay.ring.shell)
    other = Page(relay, after="6", shell="another")
    stream.say(protocol.frame(protocol.EXIT, {"code": 0}))
    await asyncio.gather(running, *(page.task for page in [*early, late, again, other]))
    assert (again.output, other.output) == (b"world", b"hello world")
    assert all(page.said(protocol.EXIT) for page in [*early, late])
    assert stream.closed


async def test_one_that_parses_nothing_is_sent_little_and_holds_nobody_up() -> None:
    stream = Stream()
    relay = TerminalRelay(stream)
    running = asyncio.create_task(relay.run())
    good, stuck = Page(relay), Page(relay, parses=False)
    stream.say(welcome(start=1000))
    for _ in range(64):
        stream.say(protocol.OUTPUT + b"x" * 16384)
        await asyncio.sleep(0.005)
    await settle()
    assert len(good.output) == 64 * 16384
    assert len(stuck.output) == 256 << 10
    # The hub counts from its own start, and is told before its window is used up.
    positions = [int.from_bytes(frame[1:], "big") for frame in stream.taken]
    assert positions[-1] == 1000 + 64 * 16384
    assert max(b - a for a, b in pairwise(positions)) < 256 << 10
    stuck.parses = True
    stuck.viewer.acknowledge(stuck.position)
    await settle()
    assert stuck.said(protocol.SKIP)
    assert stuck.said(protocol.MODES)
    assert stuck.position == relay.ring.end
    stream.say(None)
    await asyncio.gather(running, good.task, stuck.task)


async def test_a_picture_is_whole_for_late_and_for_slow_viewers() -> None:
    stream = Stream()
    relay = EngineRelay(stream)
    running = asyncio.create_task(relay.run())
    stream.say(json.dumps({"whole": True, "set": {"containers": {"a": {"n": 1}, "b": {"n": 2}}}}))
    stream.say(json.dumps({"gone": {"containers": ["a"]}}))
    await settle()
    got: list[dict[str, object]] = []
    gate = asyncio.Event()

    async def slow(text: str) -> None:
        await gate.wait()
        got.append(json.loads(text))

    following = asyncio.create_task(relay.follow(slow))
    await settle()
    for n in range(200):
        stream.say(json.dumps({"set": {"containers": {"c": {"n": n}}}}))
    await settle()
    gate.set()
    stream.say(None)
    await asyncio.gather(running, following)
    assert got[0] == {"set": {"containers": {"b": {"n": 2}}}, "whole": True}
    assert len(got) < 110
    shown: dict[str, object] = {}
    for said in got:
        if said.get("whole"):
            shown = {}
        shown.update(said["set"]["containers"])  # type: ignore[index]
    assert shown == {"b": {"n": 2}, "c": {"n": 199}}


async def test_a_relay_lives_as_long_as_somebody_follows() -> None:
    relays = Relays()
    streams: list[Stream] = []

    async def start() -> TerminalRelay:
        streams.append(Stream())
        await asyncio.sleep(0)
        return TerminalRelay(streams[-1])

    found = await asyncio.gather(*(relays.join("key", start) for _ in range(5)))
    assert len(streams) == 1
    assert len(set(map(id, found))) == 1
    for _ in range(4):
        await relays.leave("key")
    await settle()
    assert not streams[0].closed
    await relays.leave("key")
    assert streams[0].closed

    async def refuse() -> TerminalRelay:
        raise OSError("no hub")

    for _ in range(2):
        try:
            await relays.join("key", refuse)
        except OSError:
            continue
        raise AssertionError("it was not told")
    assert not relays._users
