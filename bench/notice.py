"""How fast a lesson's step ticks itself: from the engine's event to the tick on the screen."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.measure import report
from bench.site import site
from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node
from playground.runtime.sandbox import Sandbox

_ROUNDS = 5
_LESSON = "notice"
#: Milliseconds from a tick to the next command, so that nothing of the last one still goes on.
_PAUSE = 600

#: Notes when a task's tick has been drawn: the task behind the first frame after it is past the
#: painting. ``Date.now`` is the machine's clock, which the engine's events have too.
_WATCH = """() => {
    window.ticked = {};
    const drawn = (name) => requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = () => (window.ticked[name] ??= Date.now());
        after.port2.postMessage(null);
    });
    new MutationObserver((changes) => {
        for (const { target } of changes) if (target.dataset.check) drawn(target.dataset.check);
    }).observe(document.querySelector(".prose"), { subtree: true, attributeFilter: ["data-done"] });
}"""

_PROMPT = """() => window.playground?.terminal.terminal.buffer.active.getLine(0)
    ?.translateToString().includes("#")"""


@dataclass(frozen=True)
class _Kind:
    """A command, the check that it brings about, and the event that says so."""

    command: str
    check: str
    type: str
    action: str


_KINDS = {
    "run": _Kind(
        "docker run -d --name c{n} nginx",
        'container = {{ name = "c{n}", image = "nginx", running = true }}',
        "container",
        "start",
    ),
    "rm": _Kind(
        "docker rm -f c{n}",
        'container = {{ name = "c{n}", exists = false }}',
        "container",
        "destroy",
    ),
    "tag": _Kind("docker tag nginx mine:{n}", 'image = {{ tag = "mine:{n}" }}', "image", "tag"),
    "volume": _Kind(
        "docker volume create v{n}", 'volume = {{ name = "v{n}" }}', "volume", "create"
    ),
    "network": _Kind(
        "docker network create n{n}", 'network = {{ name = "n{n}" }}', "network", "create"
    ),
}


def notice() -> None:
    """``checks.notice``: the engine's event → the tick drawn in a browser, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the web process has no rights
        _write_lesson(Path(folder))
        with site(PLAYGROUND_LESSONS=folder) as (address, layout):
            node = Node(RuntimeConfig(state_dir=layout.var / "node"))
            ticked, effects = _play(address, node)
    samples = {name: ticked[name] - effects[name] for name in ticked}
    by_kind = {
        kind: round(max(ms for name, ms in samples.items() if name.startswith(kind)), 1)
        for kind in _KINDS
    }
    report("checks.notice", "ms", list(samples.values()), to_beat=300, slowest=by_kind)


def _play(address: str, node: Node) -> tuple[dict[str, float], dict[str, float]]:
    """When each check was ticked, and when the engine says that its command took effect."""
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=binary, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"http://{address}/lessons/{_LESSON}/")
        deadline = time.monotonic() + 60
        while not page.evaluate(_PROMPT):
            if time.monotonic() > deadline:
                raise TimeoutError("the terminal shows no prompt")
            page.wait_for_timeout(100)
        page.evaluate(_WATCH)
        for number in range(_ROUNDS):
            for kind in _KINDS.values():
                _do(page, kind.command.format(n=number))
        ticked: dict[str, float] = page.evaluate("window.ticked")
        browser.close()
    effects = [each for sandbox in node.sandboxes() for each in _events(sandbox)]
    return ticked, _effects(effects)


def _do(page: Page, command: str) -> None:
    """Type a step's command, wait for its tick, go on to the next step."""
    page.wait_for_timeout(_PAUSE)
    page.locator("[data-active] [data-terminal] textarea").focus()
    page.keyboard.type(f"{command}\n")
    page.locator(".step:not([hidden]) [data-check][data-done]").wait_for(timeout=30_000)
    page.wait_for_timeout(100)
    if page.locator("[data-next]").is_visible():
        page.locator("[data-next]").click()


def _events(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What the engine keeps of its events: the last 256."""
    until = str(int(time.time()) + 1)
    done = sandbox.run(
        ["docker", "events", "--since", "1", "--until", until, "--format", "{{json .}}"], seconds=30
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def _effects(events: list[dict[str, Any]]) -> dict[str, float]:
    """The time of each check's event in milliseconds."""
    found: dict[str, float] = {}
    for event in events:
        for name, kind in _KINDS.items():
            if (event["Type"], event["Action"]) == (kind.type, kind.action):
                attributes = event["Actor"]["Attributes"]
                subject = str(attributes.get("name") or event["Actor"]["ID"])
                number = subject.rpartition(":")[2].lstrip("cvn")
                if number.isdigit():
                    found[f"{name}-{number}"] = event["timeNano"] / 1e6
    return found


def _write_lesson(content: Path) -> None:
    """A lesson with a step and a check for each command."""
    lesson = content / _LESSON
    lesson.mkdir()
    words = 'title = {en = "N", ko = "N"}\nsummary = {en = "N", ko = "N"}\n'
    (content / "tracks.toml").write_text(f"[run]\norder = 1\n{words}")
    facts = 'track = "run"\norder = 1\nlevel = "beginner"\nminutes = 1\nimages = ["nginx"]\n'
    checks = ""
    place = 0
    for number in range(_ROUNDS):
        for name, kind in _KINDS.items():
            place += 1
            checks += f"[checks.{name}-{number}]\n{kind.check.format(n=number)}\n"
            text = f"# {name}\n\n::: check {name}-{number}\nDo it.\n:::\n"
            for language in ("en", "ko"):
                (lesson / f"{place:02}-{name}.{language}.md").write_text(text)
    (lesson / "lesson.toml").write_text(facts + words + checks)
