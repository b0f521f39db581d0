"""Channel layer, Celery and cache by TLS, and through sentinels also when the master dies."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from playground.runtime.config import PROJECT_ROOT
from playground.telemetry import ids
from tests.deploy import redis_servers

#: Does what it reads from its input, and says how it went: a process that lives on, with the
#: connections that it had, as a web process does.
_PEER = """
import asyncio, sys, uuid
from django.conf import settings
from django.core.cache import cache
from channels.layers import get_channel_layer
from playground.lti.tasks import send_due_grades
from playground.telemetry import ids

async def layer():
    mine = get_channel_layer()
    own = await mine.new_channel()
    await mine.group_add("all", own)
    got = asyncio.create_task(mine.receive(own))
    sent = {"type": "hello", "text": uuid.uuid4().hex}
    await mine.group_send("all", sent)
    assert await asyncio.wait_for(got, 5) == sent

async def ping():
    client = settings.REDIS.client(3)
    assert await client.ping()
    await client.aclose()

def kept():
    cache.set("word", word := uuid.uuid4().hex, 60)
    assert cache.get("word") == word

def task(name):
    with ids.bound(name):
        send_due_grades.apply_async(retry=False)

loop = asyncio.new_event_loop()
for line in sys.stdin:
    what, *given = line.split()
    try:
        if what in ("layer", "ping"):
            loop.run_until_complete({"layer": layer, "ping": ping}[what]())
        else:
            {"cache": kept, "task": task}[what](*given)
        print("ok", flush=True)
    except Exception as error:
        print(type(error).__name__, str(error).replace(chr(10), " "), flush=True)
"""


class Peer:
    """That process, and a Celery worker beside it."""

    worker: subprocess.Popen[bytes] | None = None

    def __init__(self, folder: Path, *, works: bool = True, **variables: str) -> None:
        environ = {**os.environ, "PLAYGROUND_VAR": str(folder), "PLAYGROUND_LOG_FORMAT": "json",
                   "C_FORCE_ROOT": "1", "PLAYGROUND_POOL_MIN": "0", "PLAYGROUND_POOL_MAX": "0",
                   **variables}  # fmt: skip
        folder.mkdir()
        self.log = folder / "worker.log"
        if works:
            self._start_worker(folder, environ)
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", sys.executable, "manage.py", "shell", "-v0",
             "-c", _PEER],
            cwd=PROJECT_ROOT, env=environ, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def _start_worker(self, folder: Path, environ: dict[str, str]) -> None:
        (folder / "db").mkdir()
        migrate = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(migrate, cwd=PROJECT_ROOT, env=environ, check=True)
        with self.log.open("wb") as log:
            self.worker = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "celery", "--app",
                 "playground", "--quiet", "worker", "--pool", "solo", "--loglevel", "WARNING"],
                cwd=PROJECT_ROOT, env=environ, stdout=log, stderr=log,
            )  # fmt: skip

    def say(self, *words: str) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(" ".join(words) + "\n")
        return self.process.stdout.readline().strip()

    def run_task(self, seconds: float = 40) -> None:
        """Send one and wait until the worker has done it."""
        name = ids.new()
        assert self.say("task", name) == "ok"
        deadline = time.monotonic() + seconds
        while not any(
            name in line and '"success"' in line for line in self.log.read_text().splitlines()
        ):
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            assert self.worker and self.worker.poll() is None, self.log.read_text()[-3000:]
            time.sleep(0.1)

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()
        if self.worker:
            self.worker.kill()
            self.worker.wait()


@contextmanager
def peer(folder: Path, *, works: bool = True, **variables: str) -> Iterator[Peer]:
    peer = Peer(folder, works=works, **variables)
    try:
        yield peer
    finally:
        peer.end()


def all_go_through(peer: Peer) -> None:
    assert [peer.say(each) for each in ("layer", "cache", "ping")] == ["ok"] * 3
    peer.run_task()


def test_everything_goes_through_tls(tmp_path: Path) -> None:
    with redis_servers.one(tmp_path) as servers:
        given = tmp_path / "address"
        given.write_text(f"{servers.url}\n")
        with peer(tmp_path / "var", PLAYGROUND_REDIS_URL_FILE=str(given)) as each:
            all_go_through(each)
        assert servers.ask(next(iter(servers.by_port)), "-n", "3", "exists", "cache:1:word") == "1"


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        ("?ssl_ca_certs={other}", "certificate verify failed"),
        ("?ssl_cert_reqs=none", "ok"),
    ],
)
def test_a_certificate_of_nobody_is_not_believed(tmp_path: Path, instead: str, said: str) -> None:
    (tmp_path / "other").mkdir()
    other = redis_servers.certificates(tmp_path / "other")
    with redis_servers.one(tmp_path) as servers:
        url = servers.url.partition("?")[0] + instead.format(other=other)
        with peer(tmp_path / "var", works=False, PLAYGROUND_REDIS_URL=url) as each:
            for what in ("layer", "cache", "ping", "task 0123456789abcdef"):
                assert said in each.say(what)


def test_what_sentinels_watch_is_found_again_when_the_master_dies(tmp_path: Path) -> None:
    with ExitStack() as stack:
        servers = stack.enter_context(redis_servers.watched(tmp_path))
        var = tmp_path / "var"
        each = stack.enter_context(peer(var, PLAYGROUND_REDIS_URL=servers.url))
        all_go_through(each)
        first = redis_servers.master_of(servers)
        servers.kill(first)
        deadline = time.monotonic() + 30
        while redis_servers.master_of(servers) == first:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        # A connection that was broken may say so once; then all is as it was.
        for what in ("layer", "cache", "ping", "task 0123456789abcdef"):
            while (said := each.say(what)) != "ok":
                assert time.monotonic() < deadline, said
                time.sleep(0.2)
        all_go_through(each)
