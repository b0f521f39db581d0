"""A machine with an uplink and an internet, made of network namespaces of the tests' own.

Nothing here touches the machine's own network: every command runs by ``nsenter`` in a namespace
that a process of the tests holds open, and Python code in a thread that has entered it.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network
from pathlib import Path
from typing import TypeVar

from playground.runtime.egress import Egress, Permit
from playground.runtime.node import Node
from playground.runtime.sandbox import Sandbox
from tests.support import Host, wait_until

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000
_SERVERS = Path(__file__).with_name("egress_servers.py")
_libc = ctypes.CDLL(None, use_errno=True)

#: What listens in "the internet" and on "the host".
INTERNET_PORTS = (25, 80, 465, 587, 5000)
HOST_PORT = 9999
#: Addresses of the internet's side that sandboxes may reach, and that they may not.
PUBLIC = ("1.1.1.1", "93.184.216.34")
PRIVATE = (
    "169.254.169.254", "10.0.0.5", "10.0.0.53", "192.168.1.1", "172.16.5.5", "100.64.0.9",
    "100.100.100.200", "192.0.0.192", "198.18.0.1", "168.63.129.16", "203.0.113.7", "8.8.8.8",
)  # fmt: skip
#: The host's own addresses, besides those of its sandboxes' links.
UPLINK, OTHER, INNER = "8.8.4.2", "93.184.1.1", "10.77.0.1"

_WIRES = f"""\
link add up0 type veth peer name net0 netns {{internet}}
address add {UPLINK}/24 dev up0
address add {OTHER}/32 dev lo
address add {INNER}/32 dev lo
link set up0 up
link set lo up
"""
#: The way back to the sandboxes, so that what gets through without translation is answered too.
_INTERNET = "".join(
    ["address add 8.8.4.1/24 dev net0\n", "link set lo up\n", "link set net0 up\n"]
    + [f"address add {each}/32 dev net0\n" for each in PUBLIC + PRIVATE]
    + [f"route add 100.{net}.0.0/16 via {UPLINK}\n" for net in (126, 127)]
)
FOREIGN = """\
table ip foreign {
    set admins { type ipv4_addr; elements = { 192.0.2.1 }; }
    chain onward { type filter hook forward priority filter; policy accept; ip saddr @admins accept; }
    chain nat { type nat hook postrouting priority srcnat; policy accept; }
}
"""  # noqa: E501

EGRESS = Egress(
    on=True,
    dns="1.1.1.1",
    block=(IPv4Network("8.8.8.8/32"),),
    allow=(Permit.parse("10.0.0.5:5000"),),
    rate=20,
    connections=60,
    kbit=8000,
)


class Namespace:
    """A network namespace that a sleeping process holds open."""

    def __init__(self) -> None:
        self._ours = os.readlink("/proc/self/ns/net")
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self._path = f"/proc/{self.holder.pid}/ns/net"
        self.servers: subprocess.Popen[str] | None = None
        wait_until(lambda: self._link() != self._ours)

    def _link(self) -> str:
        link = os.readlink(self._path)
        if Path(f"/proc/{self.holder.pid}/comm").read_text() != "sleep\n":
            return self._ours  # not there yet
        return link

    def command(self, *arguments: str) -> list[str]:
        assert self._link() != self._ours, "this would run in the machine's own network"
        return ["nsenter", f"--net={self._path}", *arguments]

    def run(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that must succeed."""
        done = subprocess.run(
            self.command(*arguments), input=stdin, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    def python(self, code: str) -> subprocess.CompletedProcess[str]:
        """Run Python code in a process of its own, whatever comes of it."""
        return subprocess.run(
            self.command(sys.executable, "-c", code), capture_output=True, text=True, timeout=60
        )

    @contextmanager
    def started(self, code: str) -> Iterator[subprocess.Popen[str]]:
        """Python code in a process of its own that has said "ready"; what else it says is piped."""
        with subprocess.Popen(
            self.command(sys.executable, "-c", code),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                assert process.stdout and process.stdout.readline() == "ready\n"
                yield process
            finally:
                process.kill()

    def call(self, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread that has entered; return or raise what it does."""
        outcome: list[T] = []
        failure: list[BaseException] = []

        def body() -> None:
            try:
                self._enter()
                outcome.append(work())
            except BaseException as error:  # noqa: BLE001 - raised again below
                failure.append(error)

        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
        if failure:
            raise failure[0]
        return outcome[0]

    def _enter(self) -> None:
        descriptor = os.open(self._path, os.O_RDONLY)
        try:
            assert _libc.setns(descriptor, _CLONE_NEWNET) == 0
        finally:
            os.close(descriptor)
        assert os.readlink("/proc/thread-self/ns/net") not in (self._ours, "")

    def sysctl(self, name: str, value: int) -> None:
        path = Path("/proc/sys") / name
        self.call(lambda: path.write_text(str(value)))

    def serve(self, log: Path, *ports: int) -> None:
        log.touch()
        self.servers = subprocess.Popen(
            self.command(sys.executable, str(_SERVERS), str(log), *map(str, ports)),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.servers.stdout and self.servers.stdout.readline() == "ready\n"

    def close(self) -> None:
        for process in (self.servers, self.holder):
            if process:
                process.kill()
                process.wait()
                if process.stdout:
                    process.stdout.close()


class Lab:
    """The host, on which nodes make sandboxes, and the internet behind its uplink."""

    def __init__(self, scratch: Path) -> None:
        self.log = scratch / "datagrams"
        self.host, self.internet = Namespace(), Namespace()
        try:
            self.host.run(
                "ip", "-batch", "-", stdin=_WIRES.format(internet=self.internet.holder.pid)
            )
            self.internet.run("ip", "-batch", "-", stdin=_INTERNET)
            self.host.run("ip", "route", "add", "default", "via", "8.8.4.1")
            self.host.sysctl("net/ipv4/ip_forward", 1)
            self.host.run("nft", "-f", "-", stdin=FOREIGN)
            self.internet.serve(self.log, *INTERNET_PORTS)
            self.host.serve(scratch / "host-datagrams", HOST_PORT)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.host.close()
        self.internet.close()

    def create(self, node: Node, sandbox_id: str) -> Sandbox:
        return self.host.call(lambda: node.create(sandbox_id))

    def tables(self) -> list[str]:
        return sorted(self.host.run("nft", "list", "tables").splitlines())

    def interfaces(self) -> list[str]:
        shown = self.host.run("ip", "-o", "link", "show").splitlines()
        return sorted(line.split()[1].split("@")[0].strip(":") for line in shown)

    def connects(self, origin: Namespace, address: str, port: int) -> bool:
        code = f"import socket; socket.create_connection(({address!r}, {port}), 2)"
        return origin.python(code).returncode == 0

    def datagrams(self, text: str) -> list[str]:
        """Who sent this text to the internet's UDP 7777, once for each time."""
        lines = self.log.read_text().splitlines()
        return [line.split()[0] for line in lines if line.endswith(f" {text}")]

    @contextmanager
    def without_rules(self, node: Node) -> Iterator[None]:
        """The controls: what would happen if the node's table were not there."""
        self.host.run("nft", "delete", "table", "inet", node.config.filter_table)
        try:
            yield
        finally:
            self.host.call(node.network.restore)


def answering(host: Host, targets: list[str]) -> set[str]:
    """Which of these ``address:port`` answer the sandbox; all are asked at once."""
    asked = "".join(f"(curl -so /dev/null -m 2 {each} && echo {each}) & " for each in targets)
    time.sleep(1.1)  # the rate of new connections is limited, too
    return set(host.sh(f"{asked} wait").split())
