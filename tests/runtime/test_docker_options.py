"""Every option and command that the lessons teach does in a sandbox what the manual says.

A table: what is tried, a script for the host's shell, and the whole output that shows the effect
(a regular expression). A script that fails fails its row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support import Host

pytestmark = pytest.mark.sandbox


@dataclass(frozen=True)
class Row:
    what: str
    script: str
    shows: str


#: The limit of the container "box" as the kernel has it, on cgroup v1 and v2 alike.
_LIMIT = """
limit() {{
    id=$(docker inspect -f '{{{{.Id}}}}' box)
    if [ -f /sys/fs/cgroup/cgroup.controllers ]; then cat /sys/fs/cgroup/docker/$id/{v2}
    else cat /sys/fs/cgroup/{v1dir}/docker/$id/{v1}; fi
}}
docker run -d --name box {option} busybox sleep 60 >/dev/null
limit
"""


def _limit(option: str, v1: str, v2: str) -> str:
    directory, _, name = v1.partition("/")
    return _LIMIT.format(option=option, v1dir=directory, v1=name, v2=v2)


_COMPOSE = """
mkdir -p /tmp/shop && cd /tmp/shop && cat > compose.yaml <<END
services:
  web:
    image: nginx
    ports: ["8088:80"]
  store:
    image: redis
END
docker compose up -d --quiet-pull >/dev/null 2>&1
for i in $(seq 50); do curl -so /dev/null localhost:8088 && break; sleep 0.1; done
curl -s -o /dev/null -w '%{http_code} ' localhost:8088
docker compose ps --services | sort | tr '\\n' ' '
docker compose exec -T web getent hosts store >/dev/null && echo -n 'names '
docker compose down >/dev/null 2>&1
docker ps -q | wc -l
"""

ROWS = [
    Row(
        "-i",
        "echo hello | docker run --rm -i busybox cat; echo hello | docker run --rm busybox cat",
        "hello",
    ),
    Row(
        "-t",
        "docker run --rm -t busybox tty; docker run --rm busybox tty || echo none",
        r"/dev/pts/0\s+not a tty\s+none",
    ),
    Row(
        "-it and exec -it",
        """docker run -itd --name box debian bash >/dev/null
        docker inspect -f '{{.Config.Tty}} {{.Config.OpenStdin}} {{.State.Running}}' box
        sleep 1 | script -qec "docker exec -it box tty" /dev/null | sed 's/\\^@//'""",
        r"true true true\s+/dev/pts/1",
    ),
    Row(
        "-d",
        """docker run -d --name box busybox sleep 60 | wc -c
        docker ps --format '{{.Names}} {{.State}}'""",
        r"65\s+box running",
    ),
    Row("-e", "docker run --rm -e WHO=me -e WHAT='a b' busybox env | grep ^WH | sort",
        r"WHAT=a b\s+WHO=me"),
    Row(
        "-v of a folder",
        """mkdir -p /tmp/bind; echo out > /tmp/bind/a
        docker run --rm -v /tmp/bind:/data busybox sh -c 'cat /data/a; echo in > /data/b'
        cat /tmp/bind/b
        docker run --rm -v /tmp/bind:/data:ro busybox touch /data/c 2>/dev/null || echo refused""",
        r"out\s+in\s+refused",
    ),
    Row(
        "-v of a volume",
        """docker run --rm -v keep:/data busybox sh -c 'echo kept > /data/a'
        docker run --rm -v keep:/data busybox cat /data/a
        cat $(docker volume inspect -f '{{.Mountpoint}}' keep)/a""",
        r"kept\s+kept",
    ),
    Row(
        "-p",
        """docker run -d --name box -p 8080:80 webapp >/dev/null
        for i in $(seq 50); do curl -so /dev/null localhost:8080 && break; sleep 0.1; done
        curl -s -o /dev/null -w '%{http_code}' localhost:8080; docker port box""",
        r"200\s*80/tcp -> 0\.0\.0\.0:8080\s+80/tcp -> \[::\]:8080",
    ),
    Row(
        "-u",
        "docker run --rm -u 1234:99 busybox sh -c 'id -u; id -g'; "
        "docker run --rm -u www-data nginx id -un",
        r"1234\s+99\s+www-data",
    ),
    Row(
        "--name",
        """docker run -d --name one busybox sleep 60 >/dev/null
        docker inspect -f '{{.Name}}' one
        docker run --name one busybox true 2>&1 | grep -o 'is already in use'""",
        r"/one\s+is already in use",
    ),
    Row("--rm", "docker run --rm --name box busybox true; docker ps -aq --filter name=box | wc -l", "0"),
    Row("-w", "docker run --rm -w /usr busybox pwd", "/usr"),
    Row("-h", "docker run --rm -h box busybox hostname", "box"),
    Row(
        "-m is in the container's cgroup",
        _limit("-m 64m", "memory/memory.limit_in_bytes", "memory.max"),
        str(64 << 20),
    ),
    Row(
        "-m is enforced",
        """docker run --name box -m 32m --memory-swap 32m busybox sh -c 'tail /dev/zero'
        docker inspect -f '{{.State.ExitCode}} {{.State.OOMKilled}}' box""",
        "137 true",
    ),
    Row(
        "--cpus",
        _limit("--cpus 0.5", "cpu/cpu.cfs_quota_us", "cpu.max"),
        r"50000( 100000)?",
    ),
    Row("--pids-limit", _limit("--pids-limit 17", "pids/pids.max", "pids.max"), "17"),
    Row(
        "--pids-limit is enforced",
        """docker run --rm --pids-limit 5 busybox sh -c \
            'for i in 1 2 3 4 5 6 7 8; do sleep 5 & done' 2>&1 | grep -o "can't fork" | head -1""",
        "can't fork",
    ),
    Row(
        "--network of one's own: names resolve",
        """docker network create town >/dev/null
        docker run -d --name home --network town busybox sleep 60 >/dev/null
        docker run --rm --network town busybox ping -c 1 -W 2 home | grep -o '1 packets received'
        docker run --rm busybox ping -c 1 -W 2 home >/dev/null 2>&1 || echo 'not from elsewhere'""",
        r"1 packets received\s+not from elsewhere",
    ),
    Row("--network none", "docker run --rm --network none busybox ls /sys/class/net", "lo"),
    Row(
        "--privileged",
        """docker run --rm --privileged busybox sh -c 'mount -t tmpfs none /home && echo mounted'
        docker run --rm busybox mount -t tmpfs none /home 2>/dev/null || echo 'not without'""",
        r"mounted\s+not without",
    ),
    Row(
        "--init",
        """docker run -d --name box --init busybox \
            sh -c '(sleep 0.5 & sleep 0.1); exec sleep 60' >/dev/null
        sleep 1.5; docker exec box ps -o pid,args | grep -E 'init|sleep'
        docker stop box >/dev/null; docker inspect -f '{{.State.ExitCode}}' box""",
        r"1 /sbin/docker-init -- sh -c .*\s+\d+ sleep 60\s+143",
    ),
    Row("--entrypoint", "docker run --rm --entrypoint echo nginx hi", "hi"),
    Row(
        "--read-only",
        "docker run --rm --read-only busybox touch /a 2>/dev/null || echo refused",
        "refused",
    ),
    Row(
        "--restart",
        """docker run -d --name box --restart on-failure:2 busybox false >/dev/null
        for i in $(seq 100); do
            [ "$(docker inspect -f '{{.RestartCount}} {{.State.Status}}' box)" = '2 exited' ] && break
            sleep 0.1
        done; docker inspect -f '{{.RestartCount}} {{.State.Status}}' box""",
        "2 exited",
    ),
    Row(
        "exec",
        """docker run -d --name box busybox sleep 60 >/dev/null
        docker exec box sh -c 'echo made > /a'; docker exec -u 1000 -w /tmp -e A=b box \
        sh -c 'cat /a; id -u; pwd; echo $A'""",
        r"made\s+1000\s+/tmp\s+b",
    ),
    Row(
        "logs",
        """docker run --name box busybox sh -c 'echo out; echo err >&2'  >/dev/null 2>&1
        docker logs box 2>/dev/null; docker logs box 2>&1 >/dev/null; docker logs --tail 1 box 2>&1""",
        r"out\s+err\s+(err|out)",
    ),
    Row(
        "stop",
        """docker run -d --name box nginx >/dev/null
        docker stop box >/dev/null; docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' box
        docker start box >/dev/null; docker inspect -f '{{.State.Status}}' box""",
        r"exited 0\s+running",
    ),
    Row(
        "cp",
        """docker run -d --name box busybox sleep 60 >/dev/null; echo there > /tmp/there
        docker cp -q /tmp/there box:/here; docker exec box cat /here
        docker exec box sh -c 'echo back > /b'; docker cp -q box:/b /tmp/b; cat /tmp/b""",
        r"there\s+back",
    ),
    Row(
        "diff",
        """docker run --name box busybox sh -c 'touch /new; echo x >> /etc/passwd; rm /etc/group'
        docker diff box | sort""",
        r"A /new\s+C /etc\s+C /etc/passwd\s+D /etc/group",
    ),
    Row(
        "commit",
        """docker run --name box busybox sh -c 'echo mine > /mine'
        docker commit box committed >/dev/null; docker run --rm committed cat /mine
        docker image inspect -f '{{len .RootFS.Layers}}' busybox committed
        docker rmi committed >/dev/null 2>&1 || (docker rm box; docker rmi committed) >/dev/null""",
        r"mine\s+(\d+)\s+\d+",
    ),
    Row(
        "build, its cache and history",
        """mkdir -p /tmp/site && cd /tmp/site && echo page > index.html
        printf 'FROM nginx\\nCOPY index.html /usr/share/nginx/html/\\nENV A=b\\n' > Dockerfile
        docker build -q -t site . >/dev/null; docker build --progress=plain . 2>&1 | grep -c CACHED
        docker run --rm site sh -c 'cat /usr/share/nginx/html/index.html; echo $A'
        docker history --no-trunc --format '{{.CreatedBy}}' site | head -2
        docker rmi site >/dev/null""",
        r"1\s+page\s+b\s+ENV A=b\s+COPY index.html /usr/share/nginx/html/ # buildkit",
    ),
    Row(
        "a build runs commands",
        """printf 'FROM debian\\nRUN useradd -m ann && id -u ann > /id\\nUSER ann\\n' |
            docker build -q -t withuser - >/dev/null
        docker run --rm withuser sh -c 'cat /id; whoami'; docker rmi withuser >/dev/null""",
        r"1000\s+ann",
    ),
    Row(
        "save and load",
        """docker save -o /tmp/webapp.tar webapp; docker rmi webapp >/dev/null
        docker images -q webapp | wc -l; docker load -q -i /tmp/webapp.tar
        docker run --rm webapp sh -c 'test -s /usr/share/nginx/html/index.html && echo runs'
        rm /tmp/webapp.tar""",
        r"0\s+Loaded image: webapp:latest\s+runs",
    ),
    Row(
        "volume",
        """docker volume create v1; docker volume ls -q; docker volume rm v1
        docker volume ls -q | wc -l""",
        r"v1\s+v1\s+v1\s+0",
    ),
    Row(
        "network",
        """docker network create --subnet 10.9.0.0/24 n1 >/dev/null
        docker run -d --name box busybox sleep 60 >/dev/null; docker network connect --ip 10.9.0.7 n1 box
        docker exec box ip -4 -o addr | grep -o '10\\.9\\.0\\.7'
        docker network disconnect n1 box; docker exec box ip -4 -o addr | grep -c '10\\.9\\.0\\.7'
        docker network rm n1""",
        r"10\.9\.0\.7\s+0\s+n1",
    ),
    Row(
        "stats",
        """docker run -d --name box -m 64m busybox sleep 60 >/dev/null
        docker stats --no-stream --format '{{.Name}} {{.MemUsage}} {{.PIDs}}' box""",
        r"box [\d.]+KiB / 64MiB 1",
    ),
    Row(
        "system df",
        """docker run -d --name box busybox sleep 60 >/dev/null
        docker system df --format '{{.Type}} {{.TotalCount}} {{.Active}}' | head -2""",
        r"Images \d+ 1\s+Containers 1 1",
    ),
    Row("compose up", _COMPOSE, r"200 store web names 0"),
    Row(
        "a background process in a container",
        """docker run -d --name box debian sleep 60 >/dev/null; docker exec -d box sleep 55
        sleep 0.3; docker top box -o pid,args | sed "s/^ *[0-9PID]* *//" | sort""",
        r"COMMAND\s+sleep 55\s+sleep 60",
    ),
    Row(
        "the engine's socket in a container",
        """docker run --rm -v /var/run/docker.sock:/var/run/docker.sock debian \
            test -S /var/run/docker.sock && echo there""",
        "there",
    ),
]  # fmt: skip


@pytest.fixture
def tidy_host(host: Host) -> Iterator[Host]:
    yield host
    host.tidy()


@pytest.mark.parametrize("row", ROWS, ids=[row.what for row in ROWS])
def test_does_what_the_manual_says(tidy_host: Host, row: Row) -> None:
    script = f"set -o pipefail\n{row.script}" if "grep -c" not in row.script else row.script
    said = tidy_host.try_sh(script)
    output = said.stdout.decode(errors="replace").strip()
    assert re.fullmatch(row.shows, output), f"{output}\n{said.stderr.decode(errors='replace')}"


def test_mariadb_wants_a_root_password(tidy_host: Host) -> None:
    refused = tidy_host.try_sh("docker run --name db mysql")
    assert refused.returncode == 1
    assert b"ROOT_PASSWORD" in refused.stdout + refused.stderr


def test_mariadb_takes_its_root_password(tidy_host: Host) -> None:
    tidy_host.sh("docker run -d --name db -e MYSQL_ROOT_PASSWORD='s3 cr\\et' mysql")
    asked = tidy_host.sh(
        """for i in $(seq 150); do
            docker exec db mariadb -h127.0.0.1 -uroot -p's3 cr\\et' -Ne 'select 6*7' 2>/dev/null && exit
            sleep 0.2
        done; docker logs db"""
    )
    assert asked == "42"
    wrong = tidy_host.try_sh("docker exec db mariadb -h127.0.0.1 -uroot -pwrong -Ne 'select 1'")
    assert wrong.returncode != 0


JENKINS = (
    "docker run --name jenkins -itd -v /var/run/docker.sock:/var/run/docker.sock "
    "-v $(pwd)/jenkins_home:/var/jenkins_home -p 8000:8080 -u root jenkins"
)


def test_the_jenkins_lines(tidy_host: Host) -> None:
    tidy_host.sh(f"cd /root && {JENKINS}")
    password = tidy_host.sh(
        """for i in $(seq 100); do
            docker exec jenkins test -s /var/jenkins_home/secrets/initialAdminPassword && break
            sleep 0.1
        done
        sleep 1 | script -qec \
            'docker exec -it jenkins cat /var/jenkins_home/secrets/initialAdminPassword' /dev/null"""
    )
    # `script` shows the end of its input so, where the machine is too slow for the second above.
    password = password.removeprefix("^@").strip()
    assert re.fullmatch(r"[0-9a-f]{32}", password)
    assert tidy_host.sh("cat /root/jenkins_home/secrets/initialAdminPassword") == password
    page = tidy_host.sh("curl -sL localhost:8000")
    assert "stand-in" in page.lower() or "Unlock Jenkins" in page
    assert "jenkins" in tidy_host.sh("docker exec jenkins docker ps --format '{{.Names}}'")
