"""How many sandboxes, each with a running nginx, fit in 8 GB, and how a student fares beside."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import replace

from bench.measure import percentile
from bench.pss import pss_mb
from bench.site import site
from bench.student import Student
from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node
from playground.runtime.sandbox import Sandbox

#: 8 GB, in MB of 10**6 bytes.
_MEMORY_MB = 8000.0
_MOST = 400


def density() -> None:
    """Fill, let the student type, and report."""
    with site(PLAYGROUND_POOL_MIN="1", PLAYGROUND_POOL_MAX="1") as (address, layout):
        node = Node(replace(RuntimeConfig.from_environ(), state_dir=layout.var / "node"))
        alone = asyncio.run(_echo(address))
        made = _fill(node)
        time.sleep(10)  # the last ones settle
        used = sum(_needed(sandbox) for sandbox in made)
        pss = sum(pss_mb(sandbox.group.pids()) for sandbox in made)
        beside = asyncio.run(_echo(address))
    line = {
        "bench": "sandbox.density",
        "unit": "sandboxes",
        "value": len(made),
        "memory_mb": round(used),
        "pss_mb": round(pss),
        "echo_ms_p50": round(percentile(beside, 0.5), 2),
        "echo_ms_p99": round(percentile(beside, 0.99), 2),
        "alone_echo_ms_p50": round(percentile(alone, 0.5), 2),
        "alone_echo_ms_p99": round(percentile(alone, 0.99), 2),
        "n": len(beside),
    }
    print(json.dumps(line), flush=True)


def _needed(sandbox: Sandbox) -> float:
    return sandbox.group.needed_memory_bytes() / 1e6


def _fill(node: Node) -> list[Sandbox]:
    """Make sandboxes with a web server each until what they need reaches the bound."""
    made: list[Sandbox] = []
    used = 0.0
    while len(made) < _MOST:
        sandbox = node.create()
        done = sandbox.run(["docker", "run", "-d", "--name", "web", "-p", "8080:80", "nginx"])
        if done.returncode != 0:
            raise SystemExit(f"docker run failed: {done.stderr.decode(errors='replace')}")
        made.append(sandbox)
        if len(made) % 10 == 0:
            used = sum(_needed(each) for each in made)
            print(f"  {len(made)} sandboxes, {used:.0f} MB", file=sys.stderr, flush=True)
        # One more that needs as much as the others must still fit.
        if used and used + used / len(made) * (1 + len(made) % 10) > _MEMORY_MB:
            return made
    return made


async def _echo(address: str, n: int = 200) -> list[float]:
    """Milliseconds from a key to its echo, at a shell's prompt, a key every 30 ms."""
    student = Student(address)
    await student.open()
    samples = []
    try:
        await student.expect("docker-host[^\n]*# ")
        await student.type("cat\n")
        await student.expect("cat\r\n")
        for number in range(n):
            since = student.position
            started = time.perf_counter()
            await student.type("x")
            await student.expect("x", since=since)
            samples.append((time.perf_counter() - started) * 1000)
            if number % 60 == 59:
                await student.type("\n")
            await asyncio.sleep(0.03)
    finally:
        await student.close()
    return samples
