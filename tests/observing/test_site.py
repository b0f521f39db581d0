"""A real site: what it counts, one id through all its processes, and what it says without Redis."""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from http.cookiejar import CookieJar
from typing import Any

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from bench.site import RunningSite
from playground.runtime.config import PROJECT_ROOT
from playground.serve.leftovers import processes
from tests.observing import dashboards
from tests.support import wait_until

pytestmark = [pytest.mark.sandbox, pytest.mark.site]
TOKEN = "a-token-of-the-test"


@pytest.fixture(scope="module")
def site(fit_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """A site without a pool, so that a click makes a sandbox; it ends with the module."""
    site = RunningSite(
        tmp_path_factory.mktemp("observed") / "var",
        PLAYGROUND_LOG_FORMAT="json",
        PLAYGROUND_METRICS_TOKEN=TOKEN,
        PLAYGROUND_POOL_MIN="0",
        PLAYGROUND_POOL_MAX="0",
    )
    site.start()
    yield site
    site.stop()
    if os.environ.get("PLAYGROUND_TEST_LOG"):
        print(site.log.read_text())


def get(site: RunningSite, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(site.url + path, headers=given)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


def samples(site: RunningSite) -> dict[tuple[str, ...], float]:
    """Name and labels' values, sorted → value."""
    status, text, _ = get(site, "/metrics")
    assert status == 200
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def lines(site: RunningSite) -> list[dict[str, Any]]:
    """The log's JSON lines."""
    found = []
    for line in site.log.read_text().splitlines():
        if line.startswith("{"):
            found.append(json.loads(line))
    return found


@pytest.fixture(scope="module")
def visit(site: RunningSite) -> tuple[dict[tuple[str, ...], float], bytes]:
    """A student opens a terminal and sees a prompt; the metrics from before, and what was seen."""
    before = samples(site)
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(f"{site.url}/playground/", timeout=10).read()
    cookies = "; ".join(f"{each.name}={each.value}" for each in jar)
    seen = b""
    with connect(
        f"ws://{site.address}/ws/terminal/main/?columns=80&rows=24",
        additional_headers={"Cookie": cookies, "Origin": site.url},
        open_timeout=20,
    ) as socket:
        while b"$ " not in seen and b"# " not in seen:
            message = socket.recv(timeout=60)
            assert isinstance(message, bytes)
            seen += message
        during = samples(site)
        assert during["playground_terminals_open",] == 1
        assert during["playground_terminal_viewers",] == 1
        assert during["playground_websockets_open", "terminal"] == 1
    return before, seen


def test_metrics_change_when_a_sandbox_is_made(
    site: RunningSite, visit: tuple[dict[tuple[str, ...], float], bytes]
) -> None:
    before = visit[0]
    assert before["playground_sandboxes", "ready"] == 0
    assert before["playground_sandboxes_made_total",] == 0
    wait_until(lambda: samples(site)["playground_websockets_open", "terminal"] == 0)
    # A task is counted when all is done, which is after its student has heard of it.
    wait_until(lambda: ("playground_tasks_total", "create", "success") in samples(site))
    after = samples(site)
    assert after["playground_sandboxes", "ready"] == 1
    assert after["playground_node_sandboxes", "running"] == 1
    assert after["playground_sandboxes_made_total",] == 1
    assert after["playground_sandbox_create_seconds_count",] == 1
    assert after["playground_tasks_total", "create", "success"] == 1
    assert after["playground_http_requests_total", "200", "GET", "playground"] == 1
    assert after["playground_websocket_frames_total", "out", "terminal"] >= 2
    assert after["playground_terminal_bytes_total", "out"] > 0
    assert after["playground_hub_up",] == 1


def test_one_id_is_in_the_lines_of_web_worker_and_hub(
    site: RunningSite, visit: tuple[dict[tuple[str, ...], float], bytes]
) -> None:
    opens = [line for line in lines(site) if line["message"] == "websocket terminal opens"]
    assert len(opens) == 1
    name = opens[0]["request_id"]
    wait_until(lambda: len({ln["process"] for ln in lines(site) if of(ln, name)}) == 3)
    found = [line for line in lines(site) if of(line, name)]
    assert {line["process"] for line in found} == {"web", "worker", "hub"}
    made = next(
        line for line in found if line["message"].endswith(" s") and "runs" in line["message"]
    )
    assert made["process"] == "worker"
    assert made["logger"] == "playground.runtime.node"
    opened = next(line for line in found if line.get("purpose") == "terminal")
    assert opened["process"] == "hub"
    assert opened["sandbox"] == made["sandbox"]


def cmdline(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def of(line: dict[str, Any], name: str) -> bool:
    return line.get("request_id") == name


def test_answers_name_an_id_of_our_own(site: RunningSite) -> None:
    status, _, headers = get(site, "/lessons/", X_Request_ID="0" * 16)
    assert status == 200
    assert re.fullmatch(r"[0-9a-f]{16}", headers["x-request-id"])
    assert headers["x-request-id"] != "0" * 16


def test_metrics_are_for_this_machine_or_the_token(site: RunningSite) -> None:
    # As through a proxy on this machine, which uvicorn believes.
    assert get(site, "/metrics", X_Forwarded_For="192.0.2.7")[0] == 403
    assert get(site, "/metrics", X_Forwarded_For="127.0.0.1")[0] == 403
    assert get(site, "/metrics", X_Forwarded_For="192.0.2.7", Authorization="Bearer no")[0] == 403
    shown = f"Bearer {TOKEN}"
    assert get(site, "/metrics", X_Forwarded_For="192.0.2.7", Authorization=shown)[0] == 200


def test_addresses_of_visitors_become_no_labels(site: RunningSite) -> None:
    assert get(site, "/lessons/no-such-lesson-xyzzy/")[0] == 404
    assert get(site, "/no-such-page-xyzzy")[0] == 404
    _, text, _ = get(site, "/metrics")
    assert "xyzzy" not in text
    assert samples(site)["playground_http_requests_total", "404", "GET", "none"] == 1


def test_the_dashboard_names_what_there_is(site: RunningSite) -> None:
    get(site, "/lessons/")
    there = {name for name, *_ in samples(site)}
    unlabelled = {"playground_sandboxes", "playground_pool_ready", "playground_hub_up"}
    assert unlabelled <= there
    for file in (PROJECT_ROOT / "deploy").glob("*/*.*"):
        if file.name in ("dashboard.json", "alerts.yml"):
            assert there & dashboards.named(file.read_text()), file


def test_readyz_says_that_redis_is_gone_and_back(site: RunningSite) -> None:
    assert get(site, "/healthz")[0] == 200
    wait_until(lambda: get(site, "/readyz")[0] == 200)
    redis = psutil.Process(int(site.layout.redis_pid.read_text()))
    keeper = redis.parent()
    assert keeper
    # Its keeper would start it again in a moment, before anybody has seen that it was gone.
    os.kill(keeper.pid, signal.SIGSTOP)
    try:
        redis.kill()
        wait_until(lambda: get(site, "/readyz")[0] == 503)
        text = get(site, "/readyz")[1]
        said = json.loads(text)
        assert said["ready"] is False
        assert said["parts"]["redis"] == "cannot be reached"
        assert said["parts"]["database"] == said["parts"]["hub"] == "ok"
        assert str(site.var) not in text
        assert get(site, "/healthz")[0] == 200
    finally:
        os.kill(keeper.pid, signal.SIGCONT)
    wait_until(lambda: get(site, "/readyz")[0] == 200, 20)


def test_a_killed_hub_takes_its_open_connections_with_it(
    site: RunningSite, visit: tuple[dict[tuple[str, ...], float], bytes]
) -> None:
    counted = samples(site)["playground_terminal_bytes_total", "out"]
    assert samples(site)["playground_terminals_open",] == 1
    hub = next(p for p in processes(site.layout) if cmdline(p)[1:] == ["-m", "playground.hub"])
    hub.kill()
    wait_until(lambda: samples(site)["playground_hub_up",] == 0)
    wait_until(lambda: samples(site)["playground_hub_up",] == 1, 20)
    after = samples(site)
    assert after["playground_terminals_open",] == 1  # the shim's, adopted; not two
    assert after["playground_terminal_bytes_total", "out"] == counted
