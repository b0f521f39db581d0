"""What comes back, and that nobody acts on a sandbox beside another."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from playground.runtime.config import PROJECT_ROOT
from playground.runtime.errors import SandboxError
from playground.runtime.node import Node
from playground.runtime.record import Record, write
from playground.runtime.sandbox import Sandbox
from tests.support import Host, wait_until

pytestmark = pytest.mark.sandbox


def _lose_all_but_the_disk(sandbox: Sandbox) -> None:
    """What the machine has forgotten after a reboot: processes, groups, mounts, crun's state."""
    sandbox.group.kill()
    sandbox.group.remove()
    wait_until(lambda: not sandbox.is_alive())
    shutil.rmtree(sandbox.node.crun.root / sandbox.id)
    write(sandbox.directory, replace(sandbox.record, boot_id="another"))


def test_after_a_reboot_disk_images_and_stopped_containers_are_there(node: Node) -> None:
    sandbox = node.create("phoenix")
    try:
        host = Host(sandbox)
        host.sh("echo kept > /root/file; useradd ann")
        host.sh("docker run --name left busybox sh -c 'echo from inside; exit 3' || true")
        host.sh("docker run -d --name ran busybox sleep 1000")
        host.sh("docker run -d --name always --restart always busybox sleep 1000")
        host.sh("docker commit left mine && docker volume create data")
        host.sh("sync")
        _lose_all_but_the_disk(sandbox)
        assert node.get("phoenix").inspect().state == "dead"
        again = node.create("phoenix")
        assert again.pid != sandbox.pid
        assert again.record.id_base == sandbox.record.id_base
        assert again.record.created == sandbox.record.created
        host = Host(again)
        assert host.sh("cat /root/file; id -un ann") == "kept\nann"
        assert host.sh("docker logs left") == "from inside"
        shown = host.sh("docker ps -a --format '{{.Names}} {{.State}}' | sort").splitlines()
        assert shown == ["always running", "left exited", "ran exited"]
        assert host.sh("docker run --rm mine echo image") == "image"
        assert host.sh("docker start ran && docker exec ran echo on") == "ran\non"
        assert host.sh("docker volume ls -q") == "data"
        assert host.sh("docker run --rm webapp echo catalogue") == "catalogue"
    finally:
        node.clear("phoenix")


def test_a_sandbox_whose_first_process_died_comes_back(node: Node) -> None:
    sandbox = node.create()
    try:
        Host(sandbox).sh("echo kept > /root/file; sync")
        sandbox.group.kill()
        wait_until(lambda: not sandbox.is_alive())
        again = node.create(sandbox.id)
        assert Host(again).sh("cat /root/file") == "kept"
        assert again.inspect().state == "running"
    finally:
        sandbox.remove()


def test_a_damaged_disk_is_mended(node: Node) -> None:
    sandbox = node.create()
    try:
        Host(sandbox).sh("for i in $(seq 200); do echo $i > /root/$i; done; sync")
        _lose_all_but_the_disk(sandbox)
        image = sandbox.directory / "disk.img"
        # Clear the inode bitmap of the first group: a disk that lost a write.
        shown = subprocess.run(["dumpe2fs", image], capture_output=True, text=True).stdout
        block = int(shown.split("Inode bitmap at ")[1].split()[0].strip(","))
        size = int(shown.split("Block size:")[1].split()[0])
        with image.open("r+b") as file:
            file.seek(block * size)
            file.write(b"\0" * size)
        again = node.create(sandbox.id)
        assert Host(again).sh("cat /root/200") == "200"
    finally:
        sandbox.remove()


def test_one_that_cannot_come_back_says_so_and_keeps_its_disk(node: Node) -> None:
    sandbox = node.create()
    try:
        _lose_all_but_the_disk(sandbox)
        write(sandbox.directory, replace(sandbox.record, boot_id="another", host_image="gone"))
        with pytest.raises(SandboxError, match="host image gone"):
            node.create(sandbox.id)
        assert (sandbox.directory / "disk.img").exists()
        assert sandbox.id not in node.cgroup.sandbox_ids()
    finally:
        sandbox.remove()


def test_half_made_ones_are_told_from_those_that_can_come_back(node: Node) -> None:
    own = Node(replace(node.config, state_dir=node.config.state_dir / "halves"))
    try:
        whole = own.create("whole")
        _lose_all_but_the_disk(whole)
        (own.config.sandboxes_dir / "empty").mkdir()
        own.cgroup.group("groups-only").create(own.config.limits)
        assert own.half_made() == ["empty", "groups-only"]
        assert own.orphans() == ["empty", "groups-only", "whole"]
    finally:
        own.shutdown()


def test_a_record_of_a_newer_version_is_left_alone(node: Node) -> None:
    own = Node(replace(node.config, state_dir=node.config.state_dir / "newer"))
    newer = own.config.sandboxes_dir / "newer"
    newer.mkdir(parents=True)
    (newer / "sandbox.json").write_text('{"version": 99}')
    (newer / "disk.img").write_bytes(b"a student's")
    try:
        assert own.half_made() == []
        assert not own.clear_half_made("newer")
        with pytest.raises(SandboxError, match="version 99"):
            own.create("newer")
        assert (newer / "disk.img").read_bytes() == b"a student's"
        assert own.sandboxes() == []
        assert own.orphans() == ["newer"]
    finally:
        own.shutdown()


def test_a_group_without_our_label_is_not_ours(node: Node) -> None:
    node.create().remove()
    stranger = [c / node.cgroup.relative / "stranger" for c in node.cgroup.controllers()]
    try:
        for group in stranger:
            group.mkdir()
        assert "stranger" not in node.orphans()
        node.sweep(keep=[sandbox.id for sandbox in node.sandboxes()])
        assert all(group.is_dir() for group in stranger)
    finally:
        for group in stranger:
            group.rmdir()


def test_the_first_versions_record_can_still_be_read() -> None:
    text = json.dumps({
        "id": "old", "slot": 1, "id_base": 65536, "created": 1.0, "boot_id": "x", "version": 1,
        "limits": {"memory_mb": 512, "cpus": 1.0, "pids": 64, "disk_mb": 100, "open_files": 9},
    })  # fmt: skip
    assert Record.from_json(text).limits.memory_mb == 512
    with pytest.raises(ValueError, match="version 99"):
        Record.from_json(text.replace('"version": 1', '"version": 99'))


def test_nobody_acts_on_a_sandbox_that_another_holds(node: Node) -> None:
    sandbox = node.create()
    removing = threading.Thread(target=sandbox.remove)
    with node.hold(sandbox.id):
        removing.start()
        removing.join(0.5)
        assert removing.is_alive()
        assert sandbox.is_alive()
    removing.join(20)
    assert not sandbox.is_alive()


_WORKER = """
import os, random, sys
from playground.runtime.config import RuntimeConfig
from playground.runtime.errors import SandboxError
from playground.runtime.node import Node
environ = {**os.environ, "PLAYGROUND_STATE": sys.argv[1], "PLAYGROUND_CACHE": sys.argv[2]}
node = Node(RuntimeConfig.from_environ(environ))
random.seed(sys.argv[3])
for _ in range(int(sys.argv[4])):
    verb = random.choice(["create", "create", "freeze", "thaw", "clear"])
    try:
        if verb in ("create", "clear"):
            getattr(node, verb)("one")
        else:
            getattr(node.get("one"), verb)()
    except SandboxError as error:  # another was quicker
        if "does not run" not in str(error) and "no sandbox" not in str(error):
            raise
"""


def test_three_workers_on_one_sandbox_never_make_two(node: Node, tmp_path: Path) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _WORKER, tmp_path, node.config.cache_dir, str(seed), "12"],
            cwd=PROJECT_ROOT,
            stderr=subprocess.PIPE,
        )
        for seed in range(3)
    ]
    own = Node(replace(node.config, state_dir=tmp_path))
    try:
        for worker in workers:
            _, said = worker.communicate(timeout=240)
            assert worker.returncode == 0, said.decode()
        one = own.create("one")
        one.thaw()
        assert Host(one).sh("pgrep -c -x dockerd") == "1"
        inside = one.group.pids()
        assert [pid for pid in inside if _parent(pid) not in inside] == [one.pid]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
        own.shutdown()


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
