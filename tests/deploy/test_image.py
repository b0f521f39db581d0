"""The image of the whole playground: built by a real engine, started, and used by a student.

The engine is the one of our host image as real root in a container of its own, with loop devices
and without a network (``bench/plain_engine.py``). ``docker run --privileged`` there is what it is
on a laptop: the site's own sandboxes run in it, engines inside an engine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.plain_engine import plain_engine
from playground.runtime.config import PROJECT_ROOT, RuntimeConfig
from playground.runtime.node import Node
from tests.deploy import image_parts
from tests.deploy.postgresql import postgresql
from tests.support import Host, wait_until

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.site,
    # Three to five minutes: a Debian is made, 75 wheels are fetched, an image is built.
    pytest.mark.skipif(os.environ.get("PLAYGROUND_FULL") != "1", reason="in the full form only"),
]

#: A student who comes from where the engine is, and what they do: a line, and what must be seen.
_VISIT = """
import asyncio, sys
from bench.student import Student

async def visit(cookie, *lines):
    student = Student("127.0.0.1:8000")
    if cookie:
        student.use(cookie)
    else:
        await student.open()
    await student.expect(r"docker-host[^\\n]*# ", 120)
    for line in lines:
        since = student.position
        await student.type(line + "; echo en''d\\r")
        await student.expect(r"end\\r\\n", 120, since)
    print(student.cookie)
    print(bytes(student.output).decode(errors="replace"))
    await student.close()

asyncio.run(visit(*sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def engine(fit_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """An engine that has built the image."""
    folder = tmp_path_factory.mktemp("image")
    config = RuntimeConfig.from_environ()
    node = Node(replace(config, state_dir=folder / "node"))
    shared = {
        "/srv/cache": config.cache_dir,
        "/srv/wheels": image_parts.wheels(),
        "/srv/source": image_parts.source(folder / "source"),
    }
    base = image_parts.base()
    try:
        with plain_engine(node, shared) as sandbox:
            host = Host(sandbox)
            with base.open("rb") as tar:
                made = ["docker", "import", "-", "debian:trixie-slim"]
                assert sandbox.run(made, stdin=tar.fileno(), seconds=300).returncode == 0
            host.sh(
                "cd /srv/source && docker build --progress plain --file deploy/image/Dockerfile "
                "--build-context wheels=/srv/wheels --tag docker-playground . 2>&1",
                seconds=600,
            )
            yield host
    finally:
        node.shutdown()


def run_image(host: Host, *words: str, options: str = "") -> str:
    done = host.try_sh(f"docker run --rm {options} docker-playground {' '.join(words)} 2>&1")
    return done.stdout.decode(errors="replace")


def test_it_says_what_it_can_do(engine: Host) -> None:
    said = run_image(engine, "--help")
    assert "docker run --privileged -p 127.0.0.1:8000:8000" in said
    assert "doctor" in said


def test_it_says_what_is_missing(engine: Host) -> None:
    """Without --privileged no sandbox can run; a doctor of its own says why."""
    said = run_image(engine, "doctor")
    assert "✗ user namespaces" in said
    assert "No sandbox can run on this machine yet." in said


def test_what_is_in_it_is_small_and_nobody_elses(engine: Host) -> None:
    found = engine.sh("docker run --rm --entrypoint ls docker-playground -A /opt/docker-playground")
    assert not set(found.split()) & {".git", "tests", "bench", "load", "var", "node_modules"}
    size = int(engine.sh("docker image inspect -f '{{.Size}}' docker-playground"))
    assert size < 800e6


def test_a_student_learns_docker_in_it(engine: Host) -> None:
    engine.sh(
        "docker run -d --name all --privileged -p 8000:8000 -v /srv/cache:/data/cache "
        "-e PLAYGROUND_POOL_MIN=1 -e PLAYGROUND_POOL_MAX=1 docker-playground"
    )
    try:
        await_health(engine)
        cookie, said = visit(engine, "", "docker run --name kept busybox echo from inside-it")
        assert "from inside-it" in said
        # Stopped and started again the host is there, with what was in it.
        engine.sh("docker stop -t 30 all && docker start all")
        await_health(engine)
        _, said = visit(engine, cookie, "docker logs kept", "docker ps -a")
        assert "from inside-it" in said
    finally:
        print(engine.sh("docker logs --tail 60 all 2>&1"))
        engine.sh("docker rm -f -v all")


#: What cannot be pulled here: PostgreSQL runs beside the engine, and the cache is the machine's.
_INSTEAD = """
services:
  database:
    image: redis:8
    command: [sleep, infinity]
    healthcheck: {{test: [CMD, "true"]}}
  web: {{environment: &own {{PLAYGROUND_DATABASE_URL: "{database}"}}}}
  node-1: &small
    environment: {{<<: *own, PLAYGROUND_POOL_MIN: "1", PLAYGROUND_POOL_MAX: "1"}}
  node-2: *small
volumes:
  cache: {{driver_opts: {{type: none, o: bind, device: /srv/cache}}}}
"""
_COMPOSE = (
    "cd /srv/source/deploy && PLAYGROUND_PASSWORD=of-the-test "
    "docker compose -f compose.yaml -f /root/instead.yaml "
)


def test_a_row_of_machines_by_compose(engine: Host) -> None:
    engine.sh("docker tag redis redis:8")
    inside = ["nsenter", "--net", "--target", str(engine.sandbox.pid)]
    bridge = engine.sh("docker network inspect -f '{{(index .IPAM.Config 0).Gateway}}' bridge")
    with postgresql(inside, bridge, clients="172.16.0.0/12") as database:
        text = _INSTEAD.format(database=database).encode()
        engine.sandbox.run(["sh", "-c", "cat > /root/instead.yaml"], stdin=text)
        try:
            engine.sh(f"{_COMPOSE} up -d --wait --wait-timeout 240 2>&1", seconds=300)
            nodes = engine.sh(f"{_COMPOSE} exec -T web docker-playground node list")
            assert "node-1" in nodes
            assert "node-2" in nodes
            _, said = visit(engine, "", "docker run --rm busybox echo from a-row")
            assert "from a-row" in said
        finally:
            print(engine.try_sh(f"{_COMPOSE} logs --tail 40 2>&1").stdout.decode())
            engine.sh(f"{_COMPOSE} down -v -t 20 2>&1", seconds=180)


def await_health(host: Host) -> None:
    wait_until(
        lambda: host.try_sh("docker exec all docker-playground healthy").returncode == 0, 180
    )


def visit(host: Host, cookie: str, *lines: str) -> tuple[str, str]:
    """Come as a student, type lines; the cookie and all that the terminal showed."""
    done = subprocess.run(
        ["nsenter", "--net", "--target", str(host.sandbox.pid), sys.executable, "-c", _VISIT,
         cookie, *lines],
        cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    first, _, said = done.stdout.partition("\n")
    return first, said
