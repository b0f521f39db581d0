"""The service is restarted as systemd does it, and nobody is refused meanwhile.

systemd's part is played: it holds the listening socket that the service gives it (``FDSTORE=1``),
ends the main process as the unit says (SIGTERM to it alone), and passes the socket to the next one.
In front is nginx with the example configuration, and beside it requests come straight to the port.
"""

from __future__ import annotations

import array
import asyncio
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError

import pytest

from bench.site import RunningSite, free_port
from bench.student import Student
from playground.runtime.config import PROJECT_ROOT
from tests.deploy.test_proxies import nginx

pytestmark = [pytest.mark.sandbox, pytest.mark.site]

_UNIT = (PROJECT_ROOT / "deploy" / "systemd" / "docker-playground.service").read_text()


class Service(RunningSite):
    """A site that is started and ended as a service of systemd, which keeps one descriptor."""

    def __init__(self, var: Path) -> None:
        super().__init__(var, KEEP="1", PLAYGROUND_POOL_MIN="1", PLAYGROUND_POOL_MAX="1")
        self.kept: socket.socket | None = None
        self.where = var.with_suffix(".notify")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.where))
        self.notify.settimeout(0.1)

    def start(self, seconds: float = 90) -> None:
        self.begin()
        deadline = time.monotonic() + seconds
        while not self.answers():
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            self.store()
        self.store()

    def begin(self) -> None:
        """Execute what the unit does, with the kept descriptor as number 3."""
        # As sd_listen_fds(3) has it: the process id is the one that the command will have.
        command = ["sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh"]
        if self.kept:
            number = str(self.kept.fileno())
            command = [
                "bash",
                "-c",
                f'export LISTEN_PID=$$; exec "$@" 3<&{number} {number}<&-',
                "sh",
            ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, sys.executable, "-m", "playground.serve", "--port", str(self.port)],
                cwd=PROJECT_ROOT,
                env={**os.environ, **self.variables, "NOTIFY_SOCKET": str(self.where),
                     "LISTEN_FDS": "1" if self.kept else "0"},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                pass_fds=[self.kept.fileno()] if self.kept else [],
            )  # fmt: skip

    def store(self) -> None:
        """Take the descriptors that the service hands over."""
        with suppress(TimeoutError, BlockingIOError):
            while True:
                words, extra, _, _ = self.notify.recvmsg(1024, socket.CMSG_SPACE(4))
                if b"FDSTORE=1" in words.split(b"\n"):
                    given = array.array("i")
                    given.frombytes(extra[0][2])
                    assert self.kept is None  # FileDescriptorStoreMax=1
                    self.kept = socket.socket(fileno=given[0])

    def restart(self) -> float:
        """``systemctl restart``; the seconds that the site was not there."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)  # KillMode=process, KillSignal=SIGTERM
        assert self.process.wait(timeout=30) == 0  # TimeoutStopSec=30
        self.start()
        return time.monotonic() - began

    def end(self) -> None:
        if self.kept:
            self.kept.close()
        self.notify.close()
        subprocess.run(
            [sys.executable, "-m", "playground.serve", "--stop"],
            cwd=PROJECT_ROOT, env={**os.environ, **self.variables, "KEEP": ""},
            capture_output=True, timeout=90,
        )  # fmt: skip
        self.process.wait(timeout=30)


class Visitors:
    """Ask for pages without a pause, several at once, and count what came of each."""

    def __init__(self, *urls: str) -> None:
        self.came: Counter[str] = Counter()
        self.longest = 0.0
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(url,), daemon=True) for url in urls * 2
        ]
        for thread in self._threads:
            thread.start()

    def _ask(self, url: str) -> None:
        trusting = ssl._create_unverified_context()
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                with urllib.request.urlopen(url, timeout=60, context=trusting) as page:
                    page.read()
                    came = str(page.status)
            except HTTPError as error:
                came = str(error.code)
            except OSError as error:
                came = repr(error)[:200]
            self.longest = max(self.longest, time.monotonic() - began)
            self.came[f"{url.partition(':')[0]} {came}"] += 1
            self._stop.wait(0.05)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(70)


@contextmanager
def service(var: Path) -> Iterator[Service]:
    service = Service(var)
    try:
        service.start()
        yield service
    finally:
        service.end()


def test_the_unit_is_as_it_is_played_here() -> None:
    for line in (
        "NotifyAccess=main", "FileDescriptorStoreMax=1", "KillMode=process", "KillSignal=SIGTERM",
        "Type=exec", "TimeoutStopSec=30",
    ):  # fmt: skip
        assert line in _UNIT.splitlines()
    assert re.search(r"^Environment=.*\bKEEP=1\b", _UNIT, re.MULTILINE)


def test_a_restart_refuses_nobody_and_ends_no_container(fit_machine: None, tmp_path: Path) -> None:
    proxy, port = tmp_path / "proxy", free_port()
    proxy.mkdir()
    with service(tmp_path / "var") as site, nginx(proxy, port, site.address):
        assert site.kept
        visitors = Visitors(f"http://{site.address}/lessons/", f"https://127.0.0.1:{port}/healthz")
        try:
            gone = asyncio.run(_play(site))
        finally:
            visitors.stop()
        print(f"{visitors.came}, the longest {visitors.longest:.1f} s; restarts {gone}")
        assert set(visitors.came) == {"http 200", "https 200"}
        assert min(visitors.came.values()) > 20


async def _play(site: Service) -> list[float]:
    """A student works through two restarts; how long each took."""
    student = Student(site.address)
    await student.open()
    await student.expect(r"docker-host[^\n]*# ")
    await student.type("docker run -d --name on busybox sh -c 'while date; do sleep 1; done'\r")
    await student.expect(r"[0-9a-f]{64}\r\n")
    shell, gone = student.shell, []
    for turn in range(2):
        await asyncio.sleep(1)
        gone.append(await asyncio.to_thread(site.restart))
        since = student.position
        began = time.monotonic()
        await student.type(f"echo back-$((40+{turn}))\r")
        await student.expect(f"back-4{turn}\r\n", 60, since)
        assert time.monotonic() - began < 20
    assert student.shell == shell  # the same one, by itself
    since = student.position
    await student.type("docker inspect -f '{{.State.Running}} {{.RestartCount}}' on\r")
    await student.expect("true 0\r\n", 60, since)
    await student.close()
    return gone
