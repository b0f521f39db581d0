"""What a student plants where the worker looks: links, devices, sockets, pipes, other engines."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.checks.facts import Facts
from playground.hub.engine_state import EngineState
from playground.hub.under_way import UnderWay
from playground.runtime import engine
from playground.runtime.engine import BAD_SHAPE
from playground.runtime.errors import HostileAnswer
from playground.runtime.node import Node
from playground.runtime.record import process_started
from tests.support import Host, wait_until

pytestmark = pytest.mark.sandbox

#: A server in the engine's place; what it answers is the rest of the command.
_SERVER = """
import os, socket, sys, time
path = "/run/docker.sock"
os.path.lexists(path) and os.unlink(path)
s = socket.socket(socket.AF_UNIX); s.bind(path); s.listen(50)
while True:
    c, _ = s.accept()
    try:
        c.recv(65536)
        {answer}
    except OSError:
        pass
    c.close()
"""

_LIES = {
    "never answers": "time.sleep(60)",
    "answers gigabytes": (
        'c.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n")\n        while True: c.sendall(b"[" * 1000000)'
    ),
    "nests 10,000 deep": 'c.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + b"[" * 10000 + b"]" * 10000)',
    "answers another shape": (
        'c.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + b\'[{"Id": 5, "RepoTags": {"a": 1}}]\')'
    ),
    "answers a number that is none": (
        'c.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + b\'[{"Id": "a", "Size": 1e999}]\')'
    ),
    "answers no JSON": 'c.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n\\xff\\xfe")',
    "hangs up": "pass",
}


@pytest.fixture
def attacker(node: Node) -> Iterator[Host]:
    sandbox = node.create()
    # The engine must not put its own socket back.
    Host(sandbox).sh(
        "pkill -STOP -f '[l]ibexec/playground/engine'; pkill dockerd; pkill containerd; true"
    )
    wait_until(lambda: not engine.answers(sandbox.pid))
    yield Host(sandbox)
    sandbox.remove()


@pytest.mark.parametrize("lie", _LIES)
def test_an_engine_that_lies(attacker: Host, lie: str) -> None:
    # The host image has no Python; the catalogue's image has, but no engine runs it: busybox-like
    # tools do not serve sockets, so the python layer's files are used as they lie there.
    program = _SERVER.format(answer=_LIES[lie])
    python = attacker.sh("ls -d /var/lib/playground/layers/*/usr/bin/python3 | head -1")
    layer = python.removesuffix("/usr/bin/python3")
    attacker.sh(f"cat > /tmp/server.py <<'END'\n{program}\nEND")
    attacker.sh(
        f"PYTHONHOME={layer}/usr LD_LIBRARY_PATH={layer}/usr/lib/x86_64-linux-gnu "
        f"setsid {python} /tmp/server.py >/tmp/server.log 2>&1 </dev/null & sleep 0.5"
    )
    pid = attacker.sandbox.pid
    wait_until(lambda: _can_connect(pid))
    started = time.monotonic()
    if lie in (
        "answers another shape",
        "answers a number that is none",
    ):  # that is JSON all the same; whoever reads it must notice
        assert engine.get(pid, "/images/json", seconds=2)
    else:
        with pytest.raises((HostileAnswer, OSError)):
            engine.get(pid, "/images/json", seconds=2)
    assert time.monotonic() - started < 8
    with pytest.raises(BAD_SHAPE):
        EngineState(Facts(attacker.sandbox)).read()


def _can_connect(pid: int) -> bool:
    try:
        engine.connect(pid, 1).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    "plant",
    [
        "ln -s /proc/1/root/run/docker.sock /run/docker.sock",
        "ln -s /etc/passwd /run/docker.sock",
        "mkfifo /run/docker.sock",
        "mknod /run/docker.sock c 1 3",
        "mkdir /run/docker.sock",
        "echo text > /run/docker.sock",
        "mkdir /tmp/elsewhere; mv /run /run.old 2>/dev/null; ln -sfn /tmp/elsewhere /run",
    ],
)
def test_something_else_in_the_sockets_place(attacker: Host, plant: str) -> None:
    attacker.sh("rm -f /run/docker.sock")
    attacker.try_sh(plant)
    started = time.monotonic()
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on what lies there
        engine.connect(attacker.sandbox.pid, 2)
    assert time.monotonic() - started < 5
    with pytest.raises(BAD_SHAPE):
        EngineState(Facts(attacker.sandbox)).read()
    with pytest.raises(BAD_SHAPE):
        UnderWay(Facts(attacker.sandbox)).read()


def test_nothing_on_its_disk_is_followed_when_it_is_removed(
    node: Node, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Links, hard links and mounts inside lead nowhere from outside: the disk goes as one file."""
    outside: Path = tmp_path_factory.mktemp("outside")
    (outside / "kept").write_text("kept")
    sandbox = node.create()
    Host(sandbox).sh(
        f"ln -s {outside} /root/link; ln -s {outside} /var/lib/docker/link; "
        "ln /etc/passwd /root/hard; mkfifo /root/fifo; mknod /root/null c 1 3; "
        "mkdir -p /root/$(printf 'x/%.0s' $(seq 200))"
    )
    sandbox.remove()
    assert (outside / "kept").read_text() == "kept"
    assert not sandbox.directory.exists()


def test_a_name_of_a_process_cannot_fool_the_worker(tmp_path: Path) -> None:
    """A command's name may hold what looks like the fields after it in ``/proc/PID/stat``."""
    program = tmp_path / "x) Z 1 1 1"
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([program, "60"]) as process:
        try:
            wait_until(lambda: "x) Z" in Path(f"/proc/{process.pid}/stat").read_text())
            assert process_started(process.pid) is not None
        finally:
            process.kill()
