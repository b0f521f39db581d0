"""Benchmarks of the runtime core, without the site."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bench.measure import report
from bench.plain_engine import plain_engine
from bench.pss import pss_mb
from playground.runtime import engine
from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node
from playground.runtime.sandbox import Sandbox

#: An idle sandbox is one whose engine has answered and been left alone for so long, in seconds.
_SETTLE = 10.0


@contextmanager
def _node() -> Iterator[Node]:
    with tempfile.TemporaryDirectory() as state:
        node = Node(replace(RuntimeConfig.from_environ(), state_dir=Path(state)))
        try:
            yield node
        finally:
            node.shutdown()


def cold(n: int = 20) -> None:
    """Asked for until the engine answers, one at a time."""
    samples, memory = [], []
    with _node() as node:
        node.create().remove()  # the disk template and the page cache
        for _ in range(n):
            started = time.perf_counter()
            sandbox = node.create()
            samples.append((time.perf_counter() - started) * 1000)
            memory.append(pss_mb(sandbox.group.pids()))
            sandbox.remove()
    report("sandbox.cold", "ms", samples, memory_mb=round(sorted(memory)[n // 2], 1))


def idle_pss(n: int = 20) -> None:
    """Memory of each idle sandbox with ``n`` of them at once."""
    with _node() as node:
        made = [node.create() for _ in range(n)]
        time.sleep(_SETTLE)
        samples = [pss_mb(sandbox.group.pids()) for sandbox in made]
        group = [sandbox.group.memory_bytes() / 1e6 for sandbox in made]
    report("sandbox.idle_pss", "MB", samples, memory_mb=round(sorted(group)[n // 2], 1))


def engine_run(n: int = 20) -> None:
    """``docker run --rm busybox true`` in a sandbox, as its shell would start it."""
    with _node() as node:
        sandbox = node.create()
        _run(sandbox)
        samples = []
        for _ in range(n):
            started = time.perf_counter()
            _run(sandbox)
            samples.append((time.perf_counter() - started) * 1000)
        memory = pss_mb(sandbox.group.pids())
    report("engine.run", "ms", samples, memory_mb=round(memory, 1))


def _run(sandbox: Sandbox) -> None:
    done = sandbox.run(["docker", "run", "--rm", "busybox", "true"])
    if done.returncode != 0:
        raise SystemExit(f"docker run failed: {done.stderr.decode(errors='replace')}")


def overhead(n: int = 20) -> None:
    """The same ``docker run`` in a sandbox and in a plain engine, in turns: the ratio."""
    ours: list[float] = []
    peers: list[float] = []
    with _node() as node:
        sandbox = node.create()
        with plain_engine(node) as plain:
            for host in (sandbox, plain):
                _run(host)
            for _ in range(n):
                for host, samples in ((sandbox, ours), (plain, peers)):
                    started = time.perf_counter()
                    _run(host)
                    samples.append((time.perf_counter() - started) * 1000)
    ratio = statistics.median(ours) / statistics.median(peers)
    line = {
        "bench": "engine.run.overhead",
        "unit": "ratio",
        "p50": round(ratio, 3),
        "ours_ms_p50": round(statistics.median(ours), 1),
        "peer_ms_p50": round(statistics.median(peers), 1),
        "n": n,
    }
    print(json.dumps(line), flush=True)


def thaw(n: int = 20) -> None:
    """From asking for a frozen sandbox to go on until its engine answers."""
    samples = []
    with _node() as node:
        sandbox = node.create()
        for _ in range(n):
            time.sleep(0.2)
            sandbox.freeze()
            started = time.perf_counter()
            sandbox.thaw()
            if not engine.await_engine(sandbox.pid):
                raise SystemExit("the engine did not answer after a thaw")
            samples.append((time.perf_counter() - started) * 1000)
        memory = pss_mb(sandbox.group.pids())
    report("sandbox.thaw", "ms", samples, memory_mb=round(memory, 1))
