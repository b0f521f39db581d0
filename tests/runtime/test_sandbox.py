from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from playground.runtime import disks
from playground.runtime.config import Limits
from playground.runtime.errors import NoSuchSandbox
from playground.runtime.node import Node
from tests.support import Host, wait_until

pytestmark = pytest.mark.sandbox


def test_every_namespace_is_its_own(host: Host) -> None:
    for kind in ("pid", "net", "ipc", "uts", "mnt", "user", "cgroup"):
        inside = os.readlink(f"/proc/{host.sandbox.pid}/ns/{kind}")
        assert inside != os.readlink(f"/proc/self/ns/{kind}"), kind


def test_its_root_is_nobody_on_the_machine(host: Host) -> None:
    status = Path(f"/proc/{host.sandbox.pid}/status").read_text()
    uids = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1:]
    assert {int(uid) for uid in uids} == {host.sandbox.record.id_base}
    assert host.sh("cat /proc/self/uid_map").split()[2] == "65536"


def test_mounts_nothing_on_the_machine(host: Host) -> None:
    mounts = Path("/proc/self/mounts").read_text()
    assert str(disks.STAGE) not in mounts
    assert "disk.img" not in mounts
    assert host.sandbox.id not in mounts


def test_docker_has_a_real_file_system(host: Host) -> None:
    assert host.sh("stat -f -c %T /var/lib/docker") == "ext2/ext3"


def test_has_the_whole_catalogue_at_once(host: Host) -> None:
    names = set(host.sh("docker images --format '{{.Repository}}'").split())
    wanted = "hello-world busybox debian nginx webapp python redis mariadb mysql jenkins packages"
    assert names >= set(wanted.split())


def test_shared_layers_cannot_be_written(host: Host) -> None:
    refused = host.try_sh("touch /var/lib/playground/layers/x")
    assert b"Read-only file system" in refused.stderr


def test_removing_an_image_leaves_the_shared_layers(node: Node) -> None:
    one, other = node.create(), node.create()
    try:
        Host(one).sh("docker rmi webapp")
        assert Host(other).sh("docker run --rm webapp echo here") == "here"
    finally:
        one.remove()
        other.remove()


def test_has_no_network_outside(host: Host) -> None:
    assert host.sh("ls /sys/class/net | sort | tr '\\n' ' '").split() == ["docker0", "lo"]
    assert host.try_sh("curl -sm 2 http://192.0.2.1").returncode != 0


def test_asked_twice_it_is_made_once(node: Node) -> None:
    made = []
    threads = [threading.Thread(target=lambda: made.append(node.create("twice"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert len({sandbox.pid for sandbox in made}) == 1
        assert len(made) == 3
    finally:
        made[0].remove()


def test_freeze_stops_it_and_thaw_lets_it_go_on(node: Node) -> None:
    sandbox = node.create()
    host = Host(sandbox)
    try:
        host.sh("(while :; do echo >> /tick; sleep 0.01; done) >/dev/null 2>&1 &")
        upper = f"/proc/{sandbox.pid}/root/tick"
        wait_until(lambda: os.path.exists(upper) and os.stat(upper).st_size > 3)
        sandbox.freeze()
        assert sandbox.inspect().state == "frozen"
        frozen_at = os.stat(upper).st_size
        time.sleep(0.3)
        assert os.stat(upper).st_size == frozen_at
        sandbox.thaw()
        assert sandbox.inspect().state == "running"
        wait_until(lambda: os.stat(upper).st_size > frozen_at, 60)
    finally:
        sandbox.remove()


def test_a_frozen_sandbox_can_be_removed(node: Node) -> None:
    sandbox = node.create()
    sandbox.freeze()
    sandbox.remove()
    wait_until(lambda: not Path(f"/proc/{sandbox.pid}").exists())


def test_one_with_a_paused_container_can_be_removed(node: Node) -> None:
    sandbox = node.create("paused")
    Host(sandbox).sh("docker run -d --name one busybox sleep 600 && docker pause one")
    sandbox.remove()
    wait_until(lambda: not Path(f"/proc/{sandbox.pid}").exists())
    assert "paused" not in node.cgroup.sandbox_ids()


def test_removal_leaves_nothing(node: Node) -> None:
    sandbox = node.create("gone")
    Host(sandbox).sh("docker run -d busybox sleep 600")
    sandbox.remove()
    assert not sandbox.directory.exists()
    assert "gone" not in node.cgroup.sandbox_ids()
    assert not any("gone/disk.img" in f.read_text() for f in _backing_files())
    sandbox.remove()  # and once more does no harm
    with pytest.raises(NoSuchSandbox):
        node.get("gone")


def _backing_files() -> list[Path]:
    return list(Path("/sys/block").glob("loop*/loop/backing_file"))


def test_a_rerun_clears_what_a_dead_run_left(node: Node) -> None:
    own = Node(replace(node.config, state_dir=node.config.state_dir / "crashed"))
    try:
        whole, recordless = own.create("whole"), own.create("recordless")
        (recordless.directory / "sandbox.json").unlink()
        half = own.config.sandboxes_dir / "half"
        half.mkdir()
        again = Node(own.config)
        assert again.orphans() == ["half", "recordless"]
        assert again.sweep() == ["half", "recordless", "whole"]
        for sandbox in (whole, recordless):
            wait_until(partial(_is_gone, sandbox.pid))
        assert not half.exists()
        assert again.create("whole").is_alive()
        assert again.sweep(keep=["whole"]) == []
    finally:
        own.shutdown()


def _is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_ranges_of_ids_do_not_overlap(node: Node) -> None:
    made = [node.create() for _ in range(2)]
    try:
        bases = [s.record.id_base for s in node.sandboxes()]
        assert len(set(bases)) == len(bases)
        assert all(base % 65536 == 0 for base in bases)
    finally:
        for sandbox in made:
            sandbox.remove()


@pytest.mark.parametrize("bad", ["", "../x", "a", "UPPER", "x" * 49, "a b", "-a"])
def test_refuses_bad_ids(node: Node, bad: str) -> None:
    if bad:
        with pytest.raises(ValueError, match="no sandbox id"):
            node.create(bad)
    with pytest.raises(NoSuchSandbox):
        node.get(bad)


def test_memory_limit_holds_and_the_shell_lives_on(node: Node) -> None:
    sandbox = node.create(limits=Limits(memory_mb=256))
    host = Host(sandbox)
    try:
        hog = host.try_sh("tail /dev/zero")
        assert hog.returncode == 137
        assert sandbox.group.memory_bytes() <= 256 << 20
        assert host.sh("echo alive") == "alive"
    finally:
        sandbox.remove()


def test_pids_limit_holds_against_a_fork_bomb(node: Node) -> None:
    sandbox = node.create(limits=Limits(pids=200))
    host = Host(sandbox)
    try:
        host.try_sh(
            "(bomb() { bomb | bomb & }; bomb) >/dev/null 2>&1 </dev/null; sleep 1", seconds=20
        )
        assert sandbox.inspect().processes <= 200
        started = time.monotonic()
        other = node.create()
        assert time.monotonic() - started < 90  # emulated, with another's bomb beside it
        assert Host(other).sh("echo fine") == "fine"
        other.remove()
    finally:
        sandbox.remove()


def test_open_files_limit_holds(node: Node) -> None:
    sandbox = node.create(limits=Limits(open_files=1024))
    host = Host(sandbox)
    try:
        opened = host.try_sh(
            "ulimit -n; for i in $(seq 2000); do exec {fd}</dev/null || break; done"
        )
        assert opened.stdout.split() == [b"1024"]
        assert b"Too many open files" in opened.stderr
        assert host.sh("ulimit -n 4096 2>/dev/null || echo refused") == "refused"
        assert host.sh("docker run --rm busybox sh -c 'ulimit -n'") == "1024"
    finally:
        sandbox.remove()


def test_cpu_limit_holds(node: Node) -> None:
    # Its engine starts on a quarter of a CPU, too: in the emulated machine that takes long.
    sandbox = node.create(limits=Limits(cpus=0.25), seconds=240)
    host = Host(sandbox)
    try:
        # `times` of a busy loop: user + system CPU time over wall time stays near a quarter.
        said = host.sh("timeout 4 sh -c 'while :; do :; done'; times | tail -n 1")
        user = _seconds(said.split()[0]) + _seconds(said.split()[1])
        assert user <= 4 * 0.25 * 1.35
    finally:
        sandbox.remove()


def _seconds(text: str) -> float:
    minutes, seconds = text.rstrip("s").split("m")
    return int(minutes) * 60 + float(seconds)


def test_two_students_see_nothing_of_each_other(node: Node) -> None:
    ann, bob = node.create(), node.create()
    try:
        hers, his = Host(ann), Host(bob)
        hers.sh("echo secret > /root/hers; exec -a ann-was-here sleep 600 >/dev/null 2>&1 &")
        hers.sh("docker run -d --name hers -p 8080:80 nginx")
        assert "ann-was-here" in hers.sh("ps ax -o args")
        assert "ann-was-here" not in his.sh("ps ax -o args")
        assert his.try_sh("cat /root/hers").returncode != 0
        assert his.sh("find / -xdev -name hers 2>/dev/null | wc -l") == "0"
        assert his.sh("docker ps -aq | wc -l") == "0"
        assert his.try_sh("curl -sm 2 localhost:8080").returncode != 0
        address = hers.sh("docker inspect -f '{{.NetworkSettings.IPAddress}}' hers")
        assert hers.sh(f"curl -so /dev/null -w '%{{http_code}}' {address}") == "200"
        assert his.try_sh(f"curl -sm 2 {address}").returncode != 0
        # A process number of hers, as the machine counts, means nothing to him.
        assert his.try_sh(f"kill -0 {ann.pid}").returncode != 0
    finally:
        ann.remove()
        bob.remove()
