"""The installed CLI itself says which lines it takes, and so do we.

It is run without an engine: what it takes ends in a connection that cannot be made, what it does
not take ends before that.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground.dockerline.parse import parse
from playground.runtime import hostimage
from playground.runtime.config import RuntimeConfig

ROOTFS = hostimage.path(RuntimeConfig.from_environ())
#: Problems for which the CLI refuses a line; the others are advice.
REFUSED = {"option", "value", "bad-value", "image", "bad-image", "command"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / ".docker").mkdir()
    plugins = str(ROOTFS / "usr/libexec/docker/cli-plugins")
    (home / ".docker/config.json").write_text(json.dumps({"cliPluginsExtraDirs": [plugins]}))
    return home


def cli_takes(line: str, home: Path) -> bool:
    """Whether the CLI got as far as to look for an engine, or for a terminal before that."""
    done = subprocess.run(
        [ROOTFS / "usr/bin/docker", *shlex.split(line)[1:]],
        env={"HOME": str(home), "DOCKER_HOST": f"unix://{home}/nobody.sock"},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    further = ("Cannot connect to the Docker daemon", "the input device is not a TTY")
    return any(said in done.stderr for said in further)


def we_take(line: str) -> bool:
    (command,) = parse(line)
    return not {problem.code for problem in command.problems} & REFUSED


@pytest.mark.parametrize(
    "line",
    [
        "docker run hello-world",
        "docker run -itd --name=web -p8080:80 -p=81:81 nginx sh -c 'x'",
        "docker run -ditp 80:80 nginx",
        "docker run --prot 80:80 nginx",
        "docker run -x nginx",
        "docker run -itx nginx",
        "docker run -name web nginx",
        "docker run --it nginx",
        "docker run --rm=false nginx",
        "docker run --rm=maybe nginx",
        "docker run -d=1 nginx",
        "docker run -d=x nginx",
        "docker run -m 512m nginx",
        "docker run -m 12x nginx",
        "docker run -m 1.5g nginx",
        "docker run -m '1 gb' nginx",
        "docker run -m -1 nginx",
        "docker run --memory-swap -1 nginx",
        "docker run --cpus 1.5 nginx",
        "docker run --cpus 1,5 nginx",
        "docker run --cpus 3/2 nginx",
        "docker run -c 0x10 nginx",
        "docker run -c 1k nginx",
        "docker run --blkio-weight 70000 nginx",
        "docker run --blkio-weight 300 nginx",
        "docker run --health-interval 10s nginx",
        "docker run --health-interval 10 nginx",
        "docker run --health-interval 1h1.5m nginx",
        "docker run --net bridge --dns-opt b nginx",
        "docker run -p web:80 nginx",
        "docker run -p 127.0.0.1::80/udp nginx",
        "docker run -p '[::1]:80:80' nginx",
        "docker run -p 8000-8010:8000-8010 nginx",
        "docker run -p 0:80 nginx",
        "docker run -p 80:0 nginx",
        "docker run -p 81-80:81-80 nginx",
        "docker run -p 80-81:80 nginx",
        "docker run -p 80-82:80-81 nginx",
        "docker run -p :80 nginx",
        "docker run -p a.b:80:80 nginx",
        "docker run -p ::1:80:80 nginx",
        "docker run -p 80:80:80 nginx",
        "docker run -p 80/xyz nginx",
        "docker run -p 70000:80 nginx",
        "docker run --mount type=bind nginx",
        "docker run --mount type=tmpfs,dst=/x nginx",
        "docker run -e =b nginx",
        "docker run Nginx",
        "docker run a//b",
        "docker run localhost:5000/a/b_c:T-1",
        "docker run Example.com/a",
        "docker run nginx:",
        "docker run nginx@sha256:0123",
        "docker run a__b.c",
        "docker run -- -d",
        "docker run --name",
        "docker run",
        "docker run -d",
        "docker run -d --",
        "docker run -- nginx -d",
        "docker run nginx --prot",
        "docker run -e A= -e B nginx",
        "docker container run -P nginx",
        "docker create --rm nginx",
        "docker create -d nginx",
        "docker ps -a --no-trunc",
        "docker ps --al",
        "docker rm web -f",
        "docker rm -q web",
        "docker rnu x",
        "docker container lst",
        "docker images -q",
        "docker exec -it web ls -x",
        "docker exec -y web ls",
        "docker logs web -f --tail=5",
        "docker top web -ef",
        "docker network create --subnet 10.0.0.0/8 back",
        "docker volume ls -q",
        "docker system df -v",
        "docker inspect -f {{.Id}} web",
        "docker -D ps",
        "docker --log-level warn ps",
        "docker --tail ps",
        "docker stop -t 5 web",
        "docker stop -t x web",
        "docker start -ai web",
        "docker cp -a web:/x -",
        "docker history --no-trunc nginx",
        "docker tag a b",
    ],
)
def test_the_cli_says_the_same(line: str, home: Path) -> None:
    assert we_take(line) == cli_takes(line, home)


_WORDS = st.sampled_from(
    ["-d", "-it", "-i", "--rm", "--name", "--name=a", "-p", "80:80", "-p80:80", "-e", "A=b",
     "--rm=true", "-ti=false", "--init", "-m", "64m", "--cpus=2", "--", "-dx", "--nope", "-env",
     "--read-only", "-w", "/srv", "--tty=false", "-h", "nginx", "busybox"]
)  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(_WORDS, max_size=6))
def test_the_cli_says_the_same_of_any_line(home: Path, words: list[str]) -> None:
    line = shlex.join(["docker", "run", *words])
    assert we_take(line) == cli_takes(line, home), line
