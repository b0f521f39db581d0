"""From asking for a lesson's page to the first prompt in the browser's websocket."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

from websockets.asyncio.client import connect

from bench.measure import report
from bench.pss import pss_mb
from playground.runtime.config import PROJECT_ROOT
from playground.serve.layout import Layout
from playground.serve.leftovers import processes

_PROMPT = re.compile(rb"docker-host.*# ")


@contextmanager
def _site(pool: int) -> Iterator[tuple[str, Layout]]:
    """A site of its own on a free port, with a pool of that size."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder) / "var"
        process = subprocess.Popen(
            [sys.executable, "-m", "playground.serve", "--port", str(port)],
            cwd=PROJECT_ROOT,
            env={
                **os.environ,
                "PLAYGROUND_VAR": str(var),
                "PLAYGROUND_POOL_MIN": str(pool),
                "PLAYGROUND_POOL_MAX": str(pool),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            address = f"127.0.0.1:{port}"
            _await(f"http://{address}/lessons/")
            yield address, Layout(var)
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=60)


def _await(url: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


async def _first_prompt(address: str) -> float:
    """Milliseconds that a new student waits."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    started = time.perf_counter()
    with opener.open(f"http://{address}/lessons/images-and-containers/") as page:
        page.read()
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
    seen = b""
    async with connect(
        f"ws://{address}/ws/terminal/main/?columns=100&rows=30",
        additional_headers={"Cookie": cookies},
        origin=f"http://{address}",  # type: ignore[arg-type]
    ) as terminal:
        async for message in terminal:
            assert isinstance(message, bytes)
            if message[:1] == b"o":
                seen += message[1:]
                if _PROMPT.search(seen):
                    return (time.perf_counter() - started) * 1000
    raise SystemExit("the terminal closed before its prompt")


def prompt(n: int = 15) -> None:
    """Every sample is a new student on a cold sandbox."""
    with _site(pool=0) as (address, layout):
        asyncio.run(_first_prompt(address))  # imports and the page cache
        samples = [asyncio.run(_first_prompt(address)) for _ in range(n)]
        memory = pss_mb(process.pid for process in processes(layout))
    report("sandbox.prompt", "ms", samples, memory_mb=round(memory, 1))


#: Enough for the pool to be whole again before the next student comes, in seconds.
_REFILL = 1.5


def claim(n: int = 20) -> None:
    """Every sample is a new student whom a pooled sandbox waits for."""
    samples = []
    with _site(pool=3) as (address, layout):
        time.sleep(3 * _REFILL)
        asyncio.run(_first_prompt(address))
        for _ in range(n):
            time.sleep(_REFILL)
            samples.append(asyncio.run(_first_prompt(address)))
        memory = pss_mb(process.pid for process in processes(layout))
    report("sandbox.claim", "ms", samples, memory_mb=round(memory, 1))
