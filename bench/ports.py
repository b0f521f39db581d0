"""Through our port page against straight into the sandbox: the same server, the same client."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from bench.measure import report
from bench.site import site
from bench.student import Student
from playground.runtime import inside
from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node

_MB = 200
_PORT = 8080
#: How a connection to the server is had, and what every request says besides.
Way = tuple[Callable[[], socket.socket], dict[str, str]]


@contextmanager
def _ways() -> Iterator[dict[str, Way]]:
    """A student with an nginx that has a large and a small file, and both ways to it."""
    with site(PLAYGROUND_SANDBOXES_PER_ADDRESS="0") as (address, layout):
        cookie = asyncio.run(_cookie(address))
        entered, sandbox_id = _enter(address, cookie)
        node = Node(RuntimeConfig(state_dir=layout.var / "node"))
        sandbox = node.get(sandbox_id)
        script = (
            f"docker run -d --name web -p {_PORT}:80 nginx && docker exec web sh -c "
            f"'cd /usr/share/nginx/html && dd if=/dev/zero of=big bs=1M count={_MB}"
            " && echo x >small'"
        )
        assert sandbox.run(["bash", "-c", script], seconds=120).returncode == 0
        time.sleep(1)
        host, _, port = address.partition(":")
        yield {
            "ours": (lambda: socket.create_connection((host, int(port))), entered),
            "straight": (lambda: inside.connect(sandbox.pid, _PORT, 10), {"Host": "localhost"}),
        }


async def _cookie(address: str) -> str:
    student = Student(address)
    await student.open()
    try:
        await student.expect("docker-host.*# ")
    finally:
        await student.close()
    return student.cookie


def _enter(address: str, cookie: str) -> tuple[dict[str, str], str]:
    """Go to the port as a click does; return what a browser then sends, and the sandbox's id."""
    client = http.client.HTTPConnection(address)
    client.request("GET", f"/ports/{_PORT}/", headers={"Cookie": cookie})
    response = client.getresponse()
    url = urlsplit(response.getheader("Location", ""))
    response.read()
    client.request("GET", f"{url.path}?{url.query}", headers={"Host": url.netloc})
    response = client.getresponse()
    given = response.getheader("Set-Cookie", "").partition(";")[0]
    client.close()
    text = url.query.removeprefix("ticket=").partition("%3A")[0]
    return {"Host": url.netloc, "Cookie": given}, json.loads(
        base64.urlsafe_b64decode(f"{text}===")
    )[0]


def _get(way: Way, path: str) -> tuple[float, int]:
    """Seconds from connecting to the last byte, and how many bytes there were."""
    connect, headers = way
    client = http.client.HTTPConnection("sandbox")
    started = time.perf_counter()
    client.sock = connect()
    client.request("GET", path, headers=headers)
    response = client.getresponse()
    assert response.status == 200, response.status
    size = 0
    buffer = memoryview(bytearray(1 << 18))
    while count := response.readinto(buffer):
        size += count
    client.close()
    return time.perf_counter() - started, size


def throughput(n: int = 5) -> None:
    """A large file, in MB (2²⁰ bytes) a second."""
    with _ways() as ways:
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(n + 1):  # the first reads the file into the page cache
            for name, way in ways.items():
                seconds, size = _get(way, "/big")
                assert size == _MB << 20
                rates[name].append(_MB / seconds)
    _report("port.throughput", "MB/s", {name: values[1:] for name, values in rates.items()})


def latency(n: int = 200) -> None:
    """A small file on a connection of its own, in ms."""
    with _ways() as ways:
        samples: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(n + 10):
            for name, way in ways.items():
                samples[name].append(_get(way, "/small")[0] * 1000)
    _report("port.latency", "ms", {name: values[10:] for name, values in samples.items()})


def _report(bench: str, unit: str, samples: dict[str, list[float]]) -> None:
    straight = statistics.median(samples["straight"])
    ratio = statistics.median(samples["ours"]) / straight
    report(bench, unit, samples["ours"], straight=round(straight, 2), ratio=round(ratio, 2))
