"""One trace from the click to the container, in a real site, received as a collector does."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar

import pytest

from bench.site import RunningSite
from bench.student import Student
from tests.observing.otlp import Received, Receiver, receiver
from tests.support import wait_until


@pytest.fixture(scope="module")
def traced(
    fit_machine: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningSite, Receiver]]:
    """A site without a pool, so that a click makes a sandbox."""
    with receiver() as collector:
        site = RunningSite(
            tmp_path_factory.mktemp("traced") / "var",
            PLAYGROUND_OTLP_ENDPOINT=collector.endpoint,
            PLAYGROUND_POOL_MIN="0",
            PLAYGROUND_POOL_MAX="0",
        )
        site.start()
        try:
            yield site, collector
        finally:
            site.stop()


def trace(collector: Receiver, wanted: set[str]) -> dict[str, Received]:
    """The spans by name of the first trace that has them all; waits for it."""

    def found() -> dict[str, Received] | None:
        traces: dict[str, dict[str, Received]] = {}
        for span in collector.spans:
            traces.setdefault(span.trace, {})[span.name] = span
        return next((each for each in traces.values() if wanted <= set(each)), None)

    wait_until(lambda: found() is not None, 30)
    spans = found()
    assert spans
    return spans


_MADE = {"task create", "make the host", "start its container", "wait for its engine"}


def holds_together(spans: dict[str, Received], first: str) -> None:
    """What began it is the request, and what makes the container lies within the task."""
    root = spans[first]
    assert root.parent == ""
    assert root.trace == root.id * 2
    assert root.role == "web"
    task, made = spans["task create"], spans["make the host"]
    assert (task.parent, task.role) == (root.id, "worker")
    assert made.parent == task.id
    for name in ("start its container", "wait for its engine"):
        assert spans[name].parent == made.id
        assert made.began <= spans[name].began < spans[name].ended <= made.ended
    assert root.began < task.began


@pytest.mark.sandbox
@pytest.mark.site
def test_a_page_that_opens_a_terminal(traced: tuple[RunningSite, Receiver]) -> None:
    site, collector = traced

    async def visit() -> None:
        student = Student(site.address)
        await student.open()
        await student.expect(r"docker-host[^\n]*# ")
        await student.close()

    asyncio.run(visit())
    spans = trace(collector, {"websocket terminal", "open the terminal"} | _MADE)
    holds_together(spans, "websocket terminal")
    opened = spans["open the terminal"]
    assert (opened.parent, opened.role) == (spans["websocket terminal"].id, "hub")
    assert opened.facts["sandbox"] == spans["make the host"].facts["sandbox"]


@pytest.mark.sandbox
@pytest.mark.site
def test_a_click_that_claims_a_host(traced: tuple[RunningSite, Receiver]) -> None:
    site, collector = traced
    jar = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with browser.open(f"{site.url}/lessons/first-container/") as page:
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
    assert token
    asked = urllib.request.Request(
        f"{site.url}/api/v1/sandboxes",
        method="POST",
        headers={"X-CSRFToken": token[1], "Referer": site.url},
    )
    with browser.open(asked) as answer:
        assert answer.status == 200
    name = "POST api-v1:sandboxes"
    holds_together(trace(collector, {name} | _MADE), name)


def test_nobody_who_did_not_ask_pays_for_it() -> None:
    """Neither the import nor a span."""
    script = (
        "import sys; from playground.telemetry import ids, tracing; ids.bind('0' * 15 + '1')\n"
        "with tracing.span('x') as one, tracing.request('y') as two: pass\n"
        "print(one, two, tracing.begin_task('z', first=True), 'opentelemetry' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env={})
    assert done.stdout.split() == ["None", "None", "None", "False"], done.stderr
