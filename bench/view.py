"""The picture of the engine in a real browser: how soon it shows, and how smoothly it moves."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.measure import percentile, report
from bench.site import site
from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node
from playground.runtime.sandbox import Sandbox

_CONTAINERS = 100
#: Room for that many containers, each with its shim. The page itself is what is measured.
_ROOM = {
    "PLAYGROUND_SANDBOX_MEMORY_MB": "6000",
    "PLAYGROUND_SANDBOX_PIDS": "8192",
    "PLAYGROUND_SANDBOX_CPUS": "1",
}
#: When all of a container is drawn: asked before each frame, and said in the one after, when what
#: was there has been painted; and when nothing of it moves any more. Milliseconds since 1970.
_DRAWN = """([name, volume, port]) => new Promise((done) => {
    const has = (selector, text) => [...document.querySelectorAll(selector)]
        .some((each) => each.querySelector(".name").textContent === text);
    const look = () => {
        const box = [...document.querySelectorAll(".box-container[data-state=running]")]
            .find((each) => each.querySelector(".name").textContent === name);
        const line = box && document.querySelector(
            `path[data-line="p:${box.dataset.key.slice(2)}:${port}/tcp"]`);
        if (line && box.querySelector(".rw") && has(".box-volume", volume)
            && has(".box-port", `:${port}`))
            requestAnimationFrame(() => {
                const drawn = performance.timeOrigin + performance.now();
                Promise.all(document.getAnimations().map((each) => each.finished)).then(
                    () => done([drawn, performance.timeOrigin + performance.now()]));
            });
        else requestAnimationFrame(look);
    };
    look();
})"""
_FRAMES = """() => {
    window.frames_ = [];
    window.long_ = [];
    new PerformanceObserver((list) => {
        for (const each of list.getEntries()) window.long_.push(each.duration);
    }).observe({ type: "longtask" });
    let last = performance.now();
    const look = (now) => {
        window.frames_.push(now - last);
        last = now;
        requestAnimationFrame(look);
    };
    requestAnimationFrame((now) => { last = now; requestAnimationFrame(look); });
}"""


@contextmanager
def _watched(**variables: str) -> Iterator[tuple[Page, Sandbox]]:
    """A page that shows a fresh host's picture, and that host."""
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    alone = {"PLAYGROUND_POOL_MIN": "0", "PLAYGROUND_POOL_MAX": "0"}
    with site(**alone, **variables) as (address, layout), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=binary, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"http://{address}/playground/")
        page.locator("[data-shelf-names]:not(:empty)").wait_for(state="attached")
        node = Node(RuntimeConfig(state_dir=layout.var / "node"))
        (sandbox,) = node.sandboxes()
        yield page, sandbox
        browser.close()


def latency(n: int = 25) -> None:
    """``docker run`` with a port and a volume: the engine has it started → all of it is painted."""
    samples: list[float] = []
    settled: list[float] = []
    with _watched() as (page, sandbox):
        page.evaluate(f"() => {{ window.drawn_ = {_DRAWN}; }}")
        for index in range(-2, n):
            name, volume, port = f"web{index % 100}", f"data{index % 100}", 8100 + index % 100
            page.evaluate("(what) => { window.seen_ = window.drawn_(what); }", [name, volume, port])
            _do(
                sandbox,
                f"docker run -d --name {name} -p {port}:80 -v {volume}:/srv nginx",
            )
            seen = page.evaluate("window.seen_")
            if index >= 0:  # the first ones warm the page up
                started = _started(sandbox, name) * 1000
                samples.append(seen[0] - started)
                settled.append(seen[1] - started)
            _do(sandbox, f"docker rm -f {name} && docker volume rm {volume}")
            page.locator(".box-container").wait_for(state="detached")
    report(
        "view.latency",
        "ms",
        samples,
        settled_p50=round(statistics.median(settled), 1),
        settled_p95=round(percentile(settled, 0.95), 1),
    )


def _started(sandbox: Sandbox, name: str) -> float:
    """When the engine had a container started, in seconds since 1970."""
    said = _do(sandbox, f"docker inspect -f '{{{{.State.StartedAt}}}}' {name}").strip()
    return datetime.fromisoformat(f"{said[:26]}+00:00").timestamp()  # its nanoseconds cut


def frames() -> None:
    """Frame times with 100 containers in the picture: while they start, run and stop."""
    with _watched(**_ROOM) as (page, sandbox):
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        page.evaluate(_FRAMES)

        def phase(name: str, until: Any) -> None:
            page.evaluate("() => { window.frames_.length = window.long_.length = 0; }")
            before, began = _spent(session), time.monotonic()
            until()
            seconds = time.monotonic() - began
            taken: list[float] = page.evaluate("window.frames_.slice()")
            spent = {
                key: round((value - before[key]) / seconds, 3)
                for key, value in _spent(session).items()
            }
            report(
                "view.frames",
                "ms",
                taken,
                phase=name,
                longest=round(max(taken), 1),
                over_50=sum(1 for each in taken if each > 50),
                mean=round(statistics.mean(taken), 1),
                p99=round(percentile(taken, 0.99), 1),
                longest_task=round(max(page.evaluate("window.long_"), default=0)),
                main_thread_share=spent,
            )

        phase("empty", lambda: page.wait_for_timeout(5000))
        start = (
            f"for n in $(seq {_CONTAINERS}); do docker run -d --name c$n busybox sleep 9999; done"
        )

        def shown(state: str, count: int) -> None:
            page.wait_for_function(
                "([s, n]) => document.querySelectorAll("
                "`.box-container[data-state=${s}]:not(.leaving)`).length === n",
                arg=[state, count],
                timeout=60_000,
            )

        def begin() -> None:
            _do(sandbox, start)
            shown("running", _CONTAINERS)

        def stop() -> None:
            _do(sandbox, "docker kill $(docker ps -q)")
            shown("exited", _CONTAINERS)

        def remove() -> None:
            _do(sandbox, "docker rm $(docker ps -aq)")
            shown("exited", 0)

        phase("start", begin)
        phase("run", lambda: page.wait_for_timeout(10_000))
        phase("stop", stop)
        phase("remove", remove)


def _spent(session: Any) -> dict[str, float]:
    """Seconds that the page's main thread has spent so far, by what it did."""
    found = {
        each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]
    }
    names = {
        "all": "TaskDuration",
        "script": "ScriptDuration",
        "style": "RecalcStyleDuration",
        "layout": "LayoutDuration",
    }
    return {short: float(found[name]) for short, name in names.items()}


def _do(sandbox: Sandbox, script: str) -> str:
    done = sandbox.run(["bash", "-c", script], seconds=300)
    if done.returncode != 0:
        raise SystemExit(f"{script} failed: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode()
