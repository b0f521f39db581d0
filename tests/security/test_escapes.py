"""Known ways out of a container, each tried by the root of a real sandbox; each must fail.

Every row runs twice: in the host's own shell, and in the strongest container that the student can
start there. A row names what must not happen as a command that succeeds only if the attack did.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from playground.runtime.config import Limits
from playground.runtime.node import Node
from tests.support import Host

pytestmark = pytest.mark.sandbox


@dataclass(frozen=True)
class Attack:
    what: str
    #: Shell code that exits 0 only if the attack worked.
    succeeds: str


ATTACKS = [
    Attack("release_agent", "echo /tmp/x > $(ls -d /sys/fs/cgroup/*/release_agent /sys/fs/cgroup/release_agent 2>/dev/null | head -1)"),
    Attack(
        "release_agent of a fresh cgroup v1 mount",
        "mkdir -p /tmp/cg && mount -t cgroup -o rdma cgroup /tmp/cg && echo /x > /tmp/cg/release_agent",
    ),
    Attack("core_pattern", "echo '|/tmp/x' > /proc/sys/kernel/core_pattern"),
    Attack("modprobe path", "echo /tmp/x > /proc/sys/kernel/modprobe"),
    Attack("binfmt_misc", "mount -t binfmt_misc none /mnt && echo ':x:M::xx::/tmp/x:F' > /mnt/register && test -e /proc/sys/fs/binfmt_misc/x"),
    Attack("uevent_helper", "echo /tmp/x > /sys/kernel/uevent_helper"),
    Attack("sysrq-trigger", "echo h > /proc/sysrq-trigger"),
    Attack("a sysctl of the machine", "echo 1 > /proc/sys/vm/drop_caches"),
    Attack("panic_on_oom", "echo 1 > /proc/sys/vm/panic_on_oom"),
    Attack("kernel log", "dmesg | grep -q ."),
    Attack("kernel log by its device", "head -c 1 /dev/kmsg | grep -q ."),
    Attack("kernel memory", "head -c 1 /dev/mem || head -c 1 /proc/kcore | grep -q ."),
    Attack("kernel addresses", "grep -qv '^0000000000000000' /proc/kallsyms"),
    Attack("loading a module", "insmod /dev/null 2>&1 | grep -qv 'Operation not permitted\\|not implemented\\|not found' && false || (modprobe loop 2>/dev/null && lsmod | grep -q .)"),
    Attack("mknod of the machine's disk", "rm -f /tmp/disk; mknod /tmp/disk b 254 0 && head -c 1 /tmp/disk"),
    Attack("mknod of /dev/mem", "rm -f /tmp/mem; mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem"),
    Attack("mounting the machine's disk", "for d in /dev/vda /dev/sda /dev/nvme0n1 /dev/loop0; do mount $d /mnt 2>/dev/null && exit 0; done; exit 1"),
    Attack("a loop device", "head -c 1048576 /dev/zero > /tmp/img; losetup -f /tmp/img"),
    Attack("devtmpfs shows no disk", "mount -t devtmpfs none /mnt && ls /mnt | grep -q '^[vsn][dv]'"),
    Attack("an ext4 image by hand", "mount -t ext4 /var/lib/docker /mnt"),
    Attack("debugfs", "mount -t debugfs none /mnt"),
    Attack("tracefs", "mount -t tracefs none /mnt"),
    Attack("securityfs", "mount -t securityfs none /mnt"),
    Attack("bpf file system with objects", "mount -t bpf none /mnt && ls /mnt | grep -q ."),
    Attack("efivarfs", "mount -t efivarfs none /mnt"),
    Attack("writing a host-wide /sys file", "echo 1 > /sys/kernel/mm/ksm/run"),
    Attack("the machine's time", "date -s '2001-01-01'"),
    Attack("reboot", "reboot -f"),
    Attack("swap", "swapon /tmp/img"),
    Attack("nice below zero for the machine", "renice -n -20 -p 1 && [ $(ps -o ni= -p 1) -lt 0 ]"),
    Attack("oom_score_adj below the sandbox's", "echo -1000 > /proc/self/oom_score_adj"),
    Attack("raising the limit of open files", "ulimit -Hn 100000000"),
    Attack("the shared layers", "touch /var/lib/playground/layers/x || mount -o remount,rw /var/lib/playground/layers"),
    Attack("the way to a network", "ip route | grep -q default"),
    Attack("a veth into the machine", "ip link add a type veth peer name b && ip link set b netns /proc/1/ns/net && [ $(ls /sys/class/net | wc -l) -gt 40 ]"),
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=[a.what for a in ATTACKS])
def test_from_the_hosts_shell(host: Host, attack: Attack) -> None:
    tried = host.try_sh(f"({attack.succeeds}) 2>&1", seconds=30)
    assert tried.returncode != 0, f"it worked: {tried.stdout.decode(errors='replace')[:500]}"


@pytest.mark.parametrize("attack", ATTACKS, ids=[a.what for a in ATTACKS])
def test_from_a_privileged_container(host: Host, attack: Attack) -> None:
    inner = shlex.quote(f"({attack.succeeds}) 2>&1")
    tried = host.try_sh(
        "docker run --rm --privileged --pid=host --network=host --ipc=host --uts=host "
        "--cgroupns=host --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
        f"-v /var/lib/playground/layers:/var/lib/playground/layers debian bash -c {inner}",
        seconds=60,
    )
    said = tried.stdout.decode(errors="replace")[:500]
    assert tried.returncode not in (0, 125), f"it worked, or never ran: {said}{tried.stderr!r}"


def test_every_id_inside_is_one_of_the_sandboxes_own(host: Host) -> None:
    """A set-user-id file or a privileged container never reaches an id of the machine."""
    host.sh("docker run -d --name deep --privileged debian sleep 600")
    host.sh("docker exec -u 12345 -d deep sleep 599")
    try:
        base = host.sandbox.record.id_base
        for pid in host.sandbox.group.pids():
            status = Path(f"/proc/{pid}/status").read_text()
            ids = next(x for x in status.splitlines() if x.startswith("Uid:")).split()[1:]
            assert all(base <= int(each) < base + 65536 for each in ids)
    finally:
        host.sh("docker rm -f deep")


def test_another_students_processes_cannot_be_reached(host: Host, victim: Host) -> None:
    victim.sh("exec -a target sleep 600 >/dev/null 2>&1 &")
    target = victim.sandbox.pid
    for script in (
        f"kill -0 {target}",
        f"cat /proc/{target}/environ",
        f"ls /proc/{target}/root",
        f"nsenter -t {target} -a true",
        "ps ax -o args | grep -q '[t]arget'",
    ):
        assert host.try_sh(script).returncode != 0, script


def test_namespaces_of_the_machine_cannot_be_entered(host: Host) -> None:
    for kind in ("mnt", "net", "pid", "user", "uts", "ipc"):
        assert host.sh(f"readlink /proc/1/ns/{kind}") != os.readlink(f"/proc/self/ns/{kind}")
    # Nested user namespaces are what Docker's own user mapping needs; their root is still nobody.
    assert host.sh("unshare -Ur id -u") == "0"
    assert host.try_sh("unshare -Ur sh -c 'echo x > /proc/sys/kernel/core_pattern'").returncode != 0


def test_a_limit_raised_from_inside_changes_nothing(node: Node) -> None:
    """The inner cgroup is the student's to change; the outer one, with the limits, is not there."""
    sandbox = node.create(limits=Limits(memory_mb=256))
    host = Host(sandbox)
    try:
        host.try_sh(
            "for f in memory/memory.memsw.limit_in_bytes memory/memory.limit_in_bytes memory.max; "
            "do echo -1 > /sys/fs/cgroup/$f; echo max > /sys/fs/cgroup/$f; done"
        )
        assert host.try_sh("head -c 400M /dev/zero | tail").returncode == 137
        assert sandbox.group.memory_bytes() <= 256 << 20
    finally:
        sandbox.remove()


def test_sockets_of_the_machine_cannot_be_reached(host: Host) -> None:
    """An abstract socket belongs to a network namespace, a named one to a file system."""
    import socket

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0docker-playground-test")
        listener.listen()
        tried = host.try_sh(
            "docker run --rm --network host python python3 -c "
            "'import socket; socket.socket(socket.AF_UNIX).connect(\"\\0docker-playground-test\")'"
        )
        assert tried.returncode == 1
        assert b"refused" in tried.stderr
