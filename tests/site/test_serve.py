"""Starting and stopping: who runs as whom, and that nothing stays behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from playground.runtime.config import PROJECT_ROOT, RuntimeConfig
from playground.runtime.node import Node
from playground.serve import __main__ as serve
from playground.serve.layout import WEB_ID, Layout
from playground.serve.leftovers import processes
from playground.serve.processes import SITE
from tests.site.conftest import Site, start_site
from tests.support import wait_until

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


def _manage(var: Path, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=PROJECT_ROOT,
        env={**os.environ, "PLAYGROUND_VAR": str(var)},
        input=stdin,
        capture_output=True,
        timeout=120,
    )


def test_only_worker_and_hub_are_root(site: Site) -> None:
    by_name: dict[str, set[int]] = {}
    for process in processes(Layout(site.var)):
        try:
            line, user = " ".join(process.cmdline()), process.uids().effective
        except psutil.NoSuchProcess:  # a short-lived child, such as a crun
            continue
        for name in ("uvicorn", "redis-server", " beat", " worker", "playground.hub"):
            if name in line and not line.startswith(("sh", "/bin/sh", "unshare")):
                by_name.setdefault(name.strip(), set()).add(user)
    assert by_name == {
        "uvicorn": {WEB_ID},
        "redis-server": {WEB_ID},
        "beat": {WEB_ID},
        "worker": {0},
        "playground.hub": {0},
    }


def test_the_web_process_has_no_capability(site: Site) -> None:
    web = next(p for p in processes(Layout(site.var)) if "uvicorn" in " ".join(p.cmdline()[:3]))
    status = Path(f"/proc/{web.pid}/status").read_text()
    for name in ("CapPrm", "CapEff", "CapBnd"):
        line = next(line for line in status.splitlines() if line.startswith(name))
        assert int(line.split()[1], 16) == 0, line
    assert "NoNewPrivs:\t1" in status


def test_stopping_leaves_nothing(fit_machine: None, var: Path) -> None:
    site = start_site(var)
    made = site.node.create("by-hand")
    assert site.stop() == 0, site.log.read_text()[-2000:]
    wait_until(lambda: not Path(f"/proc/{made.pid}").exists())
    assert site.traces() == []
    assert not (var / "run").exists()


def test_a_redis_that_cannot_save_ends_all_the_same(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "var")
    layout.prepare()
    SITE.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in layout.environ(RuntimeConfig(state_dir=layout.var / "node")).items():
            patch.setenv(name, value)
        redis = serve._start_redis(layout)
    started = psutil.Process(redis.pid).children(recursive=True)
    assert started
    shutil.chown(layout.redis, 0, 0)  # as good as a full disk: nothing can be written
    layout.redis.chmod(0o755)
    begun = time.monotonic()
    serve._end(redis, seconds=1)
    assert redis.returncode == -signal.SIGKILL
    assert time.monotonic() - begun < 10
    wait_until(lambda: not any(each.is_running() for each in started))


def test_sandboxes_outlive_a_crash_and_half_made_ones_are_cleared(
    fit_machine: None, var: Path
) -> None:
    site = start_site(var)
    kept = site.node.create("kept")
    crashed = {p.pid for p in processes(Layout(var))}
    site.process.send_signal(signal.SIGKILL)  # the machine's OOM killer, say
    site.process.wait()
    (var / "node" / "sandboxes" / "half-made").mkdir()
    again = start_site(var)
    try:
        wait_until(lambda: not (var / "node" / "sandboxes" / "half-made").exists())
        assert not crashed & {p.pid for p in processes(Layout(var))}
        assert again.node.get("kept").pid == kept.pid
        assert kept.is_alive()
    finally:
        assert again.stop() == 0
    assert site.traces() == []


def test_a_stop_can_keep_the_sandboxes(fit_machine: None, var: Path) -> None:
    site = start_site(var, KEEP="1")
    kept = site.node.create("kept")
    assert site.stop() == 0
    assert kept.is_alive()
    assert processes(Layout(var)) == []
    again = start_site(var)
    assert kept.is_alive()
    stopped = _serve(var, "--stop", "--keep")
    assert stopped.returncode == 0, stopped.stderr
    again.process.wait(timeout=60)
    assert kept.is_alive()
    assert _serve(var, "--stop").returncode == 0
    assert site.traces() == []


def _serve(var: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "playground.serve", *words],
        cwd=PROJECT_ROOT,
        env={**os.environ, "PLAYGROUND_VAR": str(var)},
        capture_output=True,
        timeout=120,
    )


def test_what_is_killed_is_started_again(fit_machine: None, var: Path) -> None:
    site = start_site(var)
    try:
        before = _pids_by_name(var)
        assert set(before) == {"uvicorn", "redis-server", "beat", "worker", "playground.hub"}
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: set(_pids_by_name(var)) == set(before), seconds=30)
        assert not set(_pids_by_name(var).values()) & set(before.values())
        wait_until(site.answers, seconds=20)
    finally:
        assert site.stop() == 0
    assert site.traces() == []


def _pids_by_name(var: Path) -> dict[str, int]:
    """The first process of each kind."""
    found: dict[str, int] = {}
    for process in sorted(processes(Layout(var)), key=lambda process: process.pid):
        try:
            line = process.cmdline()
        except psutil.NoSuchProcess:
            continue
        for name in ("uvicorn", "redis-server", " beat", " worker", "playground.hub"):
            if name in " ".join(line) and line[0] not in ("sh", "unshare"):
                found.setdefault(name.strip(), process.pid)
    return found


def test_what_does_not_start_ends_the_run_with_its_reason(fit_machine: None, var: Path) -> None:
    # A folder where the hub would make its socket.
    (var / "run" / "hub.sock").mkdir(parents=True)
    site = start_site(var)
    assert site.process.wait(timeout=60) == 1
    said = site.log.read_text()
    assert "hub does not start: given up" in said
    assert "the sandboxes are there at the next start" in said


def test_a_machine_that_cannot_still_gets_the_site(fit_machine: None, var: Path) -> None:
    site = start_site(var, PLAYGROUND_CRUN="/nonexistent/crun")
    try:
        with urllib.request.urlopen(f"{site.url}/lessons/") as answer:
            page = answer.read().decode()
        assert "cannot run sandboxes" in page
        assert "/nonexistent/crun" in page
    finally:
        assert site.stop() == 0


def test_a_taken_port_is_said(site: Site, tmp_path: Path) -> None:
    port = site.url.rsplit(":", 1)[1]
    done = subprocess.run(
        [sys.executable, "-m", "playground.serve", "--port", port],
        cwd=PROJECT_ROOT,
        env={**os.environ, "PLAYGROUND_VAR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr
    assert "PORT=" in done.stderr


def test_sandbox_command(fit_machine: None, var: Path) -> None:
    node = Node(RuntimeConfig(state_dir=var / "node"))
    try:
        made = _manage(var, "sandbox", "create")
        assert made.returncode == 0, made.stderr
        name = made.stdout.decode().strip()
        listed = _manage(var, "sandbox", "list").stdout.decode()
        assert name in listed
        assert "running" in listed
        passed = _manage(
            var, "sandbox", "exec", name, "--", "sh", "-c", "cat; echo err >&2; exit 7",
            stdin=b"through\x00bytes",
        )  # fmt: skip
        assert passed.returncode == 7
        assert passed.stdout == b"through\x00bytes"
        assert passed.stderr.endswith(b"err\n")
        assert _manage(var, "sandbox", "remove", name).returncode == 0
        assert node.sandboxes() == []
        missing = _manage(var, "sandbox", "exec", "nope", "--", "true")
        assert missing.returncode == 1
        assert b"There is no sandbox" in missing.stderr
    finally:
        node.shutdown()
