"""Our terminals and terminado's, side by side: the same shell in the same sandbox, in one run."""

from __future__ import annotations

import asyncio
import hashlib
import json
import multiprocessing
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import psutil
from ptyprocess import PtyProcess

from bench.browser import parse_speed
from bench.measure import percentile
from bench.pss import pss_mb
from bench.site import free_port, site
from bench.student import Student
from bench.terminal_lines import Line, OurLine, PeerLine
from playground.runtime.config import PROJECT_ROOT, RuntimeConfig
from playground.runtime.node import Node
from playground.runtime.sandbox import Sandbox
from playground.serve.layout import Layout
from playground.serve.leftovers import processes

PROMPT = "# "
_NOISE = (
    "while :; do echo $RANDOM $RANDOM $RANDOM some words of a line that a build prints; "
    "sleep 0.01; done\n"
)
_NOISY = 20
_BIG = 50_000_000
#: More than a shell's start and the echo of a command have.
_PROMPT_BYTES = 4096


@dataclass
class Both:
    """A site with a student's sandbox, and terminado in front of the same sandbox."""

    address: str
    layout: Layout
    student: Student
    other: Student
    sandbox: Sandbox
    port: int
    peer: subprocess.Popen[bytes]

    async def ours(self, name: str) -> OurLine:
        """Another terminal of the same student."""
        line = OurLine(self.student.another(name))
        await line.until(PROMPT)
        return line

    async def peers(self) -> PeerLine:
        """A connection to terminado."""
        line = PeerLine(self.port)
        await line.open()
        await line.until(PROMPT)
        return line


@asynccontextmanager
async def both() -> AsyncIterator[Both]:
    """Start both."""
    with site(PLAYGROUND_POOL_MIN="0", PLAYGROUND_POOL_MAX="0") as (address, layout):
        student = Student(address)
        await student.open()
        await student.wait_for_bytes(PROMPT.encode(), 0)
        node = Node(replace(RuntimeConfig.from_environ(), state_dir=layout.var / "node"))
        sandbox = node.sandboxes()[0]
        other = Student(address)
        await other.open()
        await other.wait_for_bytes(PROMPT.encode(), 0)
        port = free_port()
        peer = subprocess.Popen(
            [sys.executable, "-m", "bench.peer_terminado", str(port),
             str(node.config.state_dir), sandbox.id],
            cwd=PROJECT_ROOT, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await _listening(port)
            yield Both(address, layout, student, other, sandbox, port, peer)
        finally:
            await student.close()
            await other.close()
            for child in psutil.Process(peer.pid).children(recursive=True):
                with suppress(psutil.Error):
                    child.kill()
            peer.kill()
            peer.wait()


async def _listening(port: int) -> None:
    for _ in range(200):
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        await asyncio.sleep(0.05)
    raise SystemExit("terminado did not start")


def _report(bench: str, unit: str, **figures: Any) -> None:
    print(json.dumps({"bench": bench, "unit": unit, **figures}), flush=True)


async def _echoes(line: Line, n: int) -> list[float]:
    """Milliseconds from key to echo, a key every 10 ms."""
    samples = []
    for number in range(n):
        line.clear()
        started = time.perf_counter()
        await line.key("x")
        await line.until("x")
        samples.append((time.perf_counter() - started) * 1000)
        if number % 50 == 49:
            await line.key("\x15")  # an empty line again
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.01)
    return samples


async def _in_turns(a: Line, b: Line, n: int, turns: int = 6) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    peers: list[float] = []
    for _ in range(turns):
        ours += await _echoes(a, n // turns)
        peers += await _echoes(b, n // turns)
    return ours, peers


def _noise(kind: str, cookies: list[str], address: str, port: int, ready: Any) -> None:
    """Twenty terminals that print, with their pages; a process of its own."""

    async def main() -> None:
        lines: list[Line] = []
        for number in range(_NOISY):
            line: OurLine | PeerLine
            if kind == "ours":
                # A host has at most 16 terminals: two students share them.
                student = Student(address, f"noise-{number}")
                student.use(cookies[number % 2])
                line = OurLine(student)
            else:
                line = PeerLine(port)
                await line.open()
            await line.until(PROMPT)
            await line.key(_NOISE)
            lines.append(line)
        ready.set()
        while True:
            await asyncio.sleep(0.5)
            for each in lines:
                each.clear()

    asyncio.run(main())


@contextmanager
def _noisy(kind: str, it: Both) -> Any:
    ready = multiprocessing.Event()
    process = multiprocessing.get_context("fork").Process(
        target=_noise, args=(kind, [it.student.cookie, it.other.cookie], it.address, it.port, ready)
    )
    process.start()
    try:
        if not ready.wait(120):
            raise SystemExit(f"the noise of {kind} did not start")
        time.sleep(1)
        yield
    finally:
        process.kill()
        process.join()


async def _echo(n: int = 300) -> None:
    async with both() as it:
        ours, peer = await it.ours("echo"), await it.peers()
        await _in_turns(ours, peer, 60)
        idle = await _in_turns(ours, peer, n)
        loaded = []
        for kind, line in (("ours", ours), ("peer", peer)):
            with _noisy(kind, it):
                loaded.append(await _echoes(line, n))
            # Without their pages: end what still prints.
            await _end_noise(it)
    for name, (a, b) in (("idle", idle), ("20 others printing", loaded)):
        figures = {
            "p50": round(percentile(a, 0.5), 2),
            "p99": round(percentile(a, 0.99), 2),
            "peer_p50": round(percentile(b, 0.5), 2),
            "peer_p99": round(percentile(b, 0.99), 2),
        }
        figures["ratio_p50"] = round(figures["p50"] / figures["peer_p50"], 3)
        figures["ratio_p99"] = round(figures["p99"] / figures["peer_p99"], 3)
        _report("terminal.echo", "ms", load=name, **figures, n=n)


#: Ends every shell that waits for a `sleep`.
_END = "for p in $(pgrep -x bash); do pgrep -P $p sleep >/dev/null && kill -9 $p; done; true"


async def _end_noise(it: Both) -> None:
    node = it.sandbox.node
    for sandbox in node.sandboxes():
        for _ in range(100):
            await asyncio.to_thread(sandbox.run, ["sh", "-c", _END])
            left = await asyncio.to_thread(sandbox.run, ["pgrep", "-x", "sleep"])
            if len(left.stdout.split()) <= 1:  # the engine's own loop has one
                break
        else:
            raise SystemExit("the noise did not end")


def _bare_speed(it: Both) -> float:
    """MB/s of a loop that reads the same shell's pty and does nothing else: the kernel's limit."""
    node = it.sandbox.node
    enter = [sys.executable, "-m", "bench.peer_terminado", "--enter"]
    process = PtyProcess.spawn(
        [*enter, str(node.config.state_dir), it.sandbox.id], cwd=str(PROJECT_ROOT)
    )
    try:
        process.write(b"cat /root/big; echo all''-of-it\n")
        received, last, started = 0, b"", 0.0
        while b"all-of-it" not in last:
            piece = os.read(process.fd, 64 << 10)
            if received < _PROMPT_BYTES <= received + len(piece):
                started = time.perf_counter()
            received += len(piece)
            last = last[-16:] + piece
        return (received - _PROMPT_BYTES) / 1e6 / (time.perf_counter() - started)
    finally:
        process.close(force=True)


async def _throughput() -> None:
    async with both() as it:
        ours, peer = await it.ours("bulk"), await it.peers()
        made = it.sandbox.run(
            [
                "sh",
                "-c",
                f"base64 -w 99 /dev/urandom | head -c {_BIG} > /root/big; sha256sum /root/big",
            ]
        )
        wanted = made.stdout.split()[0].decode()
        speeds: dict[str, list[float]] = {"ours": [], "peer": []}
        lost = -1
        for _ in range(3):
            for name, line in (("ours", ours), ("peer", peer)):
                line.clear()
                before = line.received
                started = time.perf_counter()
                await line.key("cat /root/big; echo all''-of-it\n")
                await line.until("all-of-it", seconds=300)
                taken = time.perf_counter() - started
                speeds[name].append((line.received - before) / 1e6 / taken)
            body = bytes(ours.student.output[ours.since - ours.student.start :])
            body = body.split(b"\n", 1)[1].split(b"all-of-it", 1)[0].replace(b"\r\n", b"\n")
            # What the shell says before a command: pasting off, and the line.
            body = re.sub(rb"\x1b\]633;[^\x07]*\x07|\x1b\[\?2004l\r", b"", body)
            lost = 0 if hashlib.sha256(body).hexdigest() == wanted else abs(len(body) - _BIG) or 1
            ours.student.forget()
        bare = percentile([await asyncio.to_thread(_bare_speed, it) for _ in range(3)], 0.5)
        parsed = await parse_speed(it.address)
    value, other = (round(percentile(speeds[name], 0.5), 1) for name in ("ours", "peer"))
    _report(
        "terminal.throughput", "MB/s", value=value, peer=other, ratio=round(value / other, 2),
        lost_bytes=lost, bare_pty=round(bare, 1), xterm_parses=round(parsed, 1), n=3,
    )  # fmt: skip


async def _memory(n: int = 10) -> None:
    """What an idle terminal costs, shells left out."""
    async with both() as it:
        ours0, peer0 = _ours_mb(it), _peer_mb(it)
        lines: list[Line] = [await it.ours(f"idle-{number}") for number in range(n)]
        lines += [await it.peers() for _ in range(n)]
        await asyncio.sleep(2)
        ours, peer = (_ours_mb(it) - ours0) / n, (_peer_mb(it) - peer0) / n
        for line in lines:
            await line.close()
    _report(
        "terminal.memory", "MB", value=round(ours, 2), peer=round(peer, 2),
        ratio=round(ours / peer, 2), n=n,
    )  # fmt: skip


def _ours_mb(it: Both) -> float:
    # Worker and beat have no part in a terminal; what they load meanwhile is none of its cost.
    pids = {
        process.pid
        for process in processes(it.layout)
        if any(part in " ".join(process.cmdline()) for part in ("playground.hub", "uvicorn"))
    }
    inside = set(it.sandbox.group.pids())
    directory = str(it.sandbox.directory)
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            line = process.cmdline()
            if directory in line or (it.sandbox.id in line and "--console-socket" in line):
                pids.add(process.pid)
    return pss_mb(pids - inside)


def _peer_mb(it: Both) -> float:
    inside = set(it.sandbox.group.pids())
    whole = [it.peer.pid, *(p.pid for p in psutil.Process(it.peer.pid).children(recursive=True))]
    return pss_mb(pid for pid in whole if pid not in inside)


async def _ctrl_c(n: int = 20) -> None:
    """Milliseconds from Ctrl-C during ``yes`` until the prompt is there."""
    async with both() as it:
        samples: dict[str, list[float]] = {"ours": [], "peer": []}
        pair: tuple[tuple[str, Line], ...] = (
            ("ours", await it.ours("yes")),
            ("peer", await it.peers()),
        )
        for _ in range(n):
            for name, line in pair:
                line.clear()
                await line.key("yes\n")
                await asyncio.sleep(0.5)
                line.clear()
                started = time.perf_counter()
                await line.key("\x03")
                await line.until(PROMPT)
                samples[name].append((time.perf_counter() - started) * 1000)
                await asyncio.sleep(0.1)
                if isinstance(line, OurLine):
                    line.student.forget()
    ours, peer = samples["ours"], samples["peer"]
    _report(
        "terminal.ctrl_c", "ms", p50=round(percentile(ours, 0.5), 1),
        p95=round(percentile(ours, 0.95), 1), peer_p50=round(percentile(peer, 0.5), 1),
        peer_p95=round(percentile(peer, 0.95), 1),
        ratio_p50=round(percentile(ours, 0.5) / percentile(peer, 0.5), 3), n=n,
    )  # fmt: skip


def _bench(work: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    return lambda: asyncio.run(work())


echo, throughput, memory, ctrl_c = (_bench(work) for work in (_echo, _throughput, _memory, _ctrl_c))
