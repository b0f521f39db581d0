"""What gets out of a sandbox and what does not, in a network of the tests' own.

``without_rules`` is each check's control: the same target answers while the node's table is away,
so a check that finds it silent has found the table at work.
"""

from __future__ import annotations

import shlex
import time
from dataclasses import replace
from pathlib import Path

import pytest

from playground.runtime.egress import Permit
from playground.runtime.node import Node
from tests.security.egress_lab import (
    EGRESS,
    HOST_PORT,
    INNER,
    OTHER,
    PRIVATE,
    UPLINK,
    Lab,
    answering,
)
from tests.support import Host, wait_until

pytestmark = pytest.mark.sandbox

#: The links of the first two slots: the machine's end and the sandbox's.
ANNS, BOBS = ("100.127.0.0", "100.127.0.1"), ("100.127.0.2", "100.127.0.3")


@pytest.fixture(scope="module")
def ann(lab: Lab, online: Node) -> Host:
    host = Host(lab.create(online, "ann"))
    host.sh("docker run -d --name py --network host --privileged python sleep infinity")
    return host


@pytest.fixture(scope="module")
def bob(lab: Lab, online: Node, ann: Host) -> Host:
    host = Host(lab.create(online, "bob"))
    host.sh("docker run -d --name web --network host python python3 -m http.server 8000")
    host.sh("for i in $(seq 50); do curl -so /dev/null localhost:8000 && exit; sleep 0.1; done")
    return host


def _python(host: Host, code: str) -> str:
    return host.sh(f"docker exec py python3 -c {shlex.quote(code)}")


# What passes.


def test_the_hosts_shell_reaches_the_internet_by_name_and_address(ann: Host) -> None:
    assert ann.sh("cat /etc/resolv.conf") == "nameserver 1.1.1.1"
    assert ann.sh("getent ahostsv4 example.test | head -n 1").split()[0] == "93.184.216.34"
    # The internet sees the machine's address in the sandbox's stead.
    assert ann.sh("curl -s -m 5 http://example.test/") == UPLINK
    assert ann.sh("curl -s -m 5 http://1.1.1.1/") == UPLINK


def test_a_container_reaches_the_internet_by_name_and_address(ann: Host) -> None:
    assert ann.sh("docker run --rm busybox wget -qO- -T 5 http://93.184.216.34/") == UPLINK
    assert ann.sh("docker run --rm busybox wget -qO- -T 5 http://example.test/") == UPLINK
    ann.sh("docker network create town")
    asked = "docker run --rm --network town busybox wget -qO- -T 5 http://example.test/"
    assert ann.sh(asked) == UPLINK


def test_an_exception_passes_for_its_port_only(ann: Host, lab: Lab, online: Node) -> None:
    both = ["10.0.0.5:5000", "10.0.0.5:80"]
    assert answering(ann, both) == {both[0]}
    with lab.without_rules(online):
        assert answering(ann, both) == set(both)


def test_an_exception_opens_an_address_of_the_machine_only_by_its_name(
    lab: Lab, other: Node
) -> None:
    own = [f"{INNER}:{HOST_PORT}", f"{UPLINK}:{HOST_PORT}"]
    for text, opened in (
        ("10.0.0.0/8", set()),
        (f"{INNER}:{HOST_PORT}", {own[0]}),
    ):
        egress = replace(other.config.egress, allow=(Permit.parse(text),))
        node = Node(replace(other.config, egress=egress))
        host = Host(lab.create(node, "mirrored"))
        assert answering(host, own) == opened
        assert answering(host, ["10.0.0.5:80"]) == ({"10.0.0.5:80"} if not opened else set())
        lab.host.call(host.sandbox.remove)


def test_a_packet_too_large_for_the_uplink_is_said(ann: Host, lab: Lab) -> None:
    lab.host.run("ip", "link", "set", "up0", "mtu", "1300")
    try:
        said = ann.try_sh("ping -M do -s 1400 -c 2 -W 2 93.184.216.34").stdout
        assert b"mtu = 1300" in said or b"mtu=1300" in said
    finally:
        lab.host.run("ip", "link", "set", "up0", "mtu", "1500")


def test_under_hardened_the_hosts_shell_and_host_network_reach_out(
    lab: Lab, other: Node, tmp_path: Path
) -> None:
    strict = Node(replace(other.config, policy="hardened"))
    host = Host(lab.create(strict, "strict"))
    assert host.sh("curl -s -m 5 http://example.test/") == UPLINK
    wget = "busybox wget -qO- -T 5 http://93.184.216.34/"
    assert host.sh(f"docker run --rm --network host {wget}") == UPLINK
    # Without the engine's firewall its containers' own addresses come out, which none may have.
    assert host.try_sh(f"docker run --rm {wget}").returncode != 0


# What does not.


def _refused_targets() -> list[str]:
    own = [ANNS[0], BOBS[0], UPLINK, OTHER, INNER]
    return [
        *(f"{address}:80" for address in PRIVATE),
        *(f"{address}:{HOST_PORT}" for address in own),
        *(f"93.184.216.34:{port}" for port in (25, 465, 587)),
        f"{BOBS[1]}:8000",
    ]


def test_private_addresses_the_host_others_and_mail_are_out_of_reach(
    ann: Host, bob: Host, lab: Lab, online: Node
) -> None:
    targets = _refused_targets()
    with lab.without_rules(online):
        assert answering(ann, targets) == set(targets)
    assert answering(ann, targets) == set()
    inside = "".join(f"(wget -qO- -T 2 {each} && echo {each}) & " for each in targets)
    assert ann.sh(f"docker run --rm busybox sh -c {shlex.quote(inside + 'wait')} 2>&1 | "
                  "grep -v wget: || true") == ""  # fmt: skip


def test_only_its_own_address_may_send(ann: Host, lab: Lab, online: Node) -> None:
    # The kernel's own check of sources is put aside: the rules must hold without it.
    lab.host.sysctl(f"net/ipv4/conf/{online.config.interface_prefix}0/rp_filter", 0)
    spoofed = {"100.127.0.3", "100.127.9.9", "8.8.4.77", "10.0.0.99"}
    ann.sh("".join(f"ip address add {each}/32 dev eth0; " for each in spoofed))

    def send(text: str, sources: set[str]) -> None:
        _python(
            ann,
            "import socket\n"
            f"for source in {sources!r}:\n"
            "    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "    s.bind((source, 0))\n"
            f"    s.sendto({text!r}.encode(), ('93.184.216.34', 7777))\n",
        )

    try:
        with lab.without_rules(online):
            send("spoofed-control", spoofed)
            wait_until(lambda: set(lab.datagrams("spoofed-control")) == spoofed)
        send("spoofed", spoofed)
        send("honest", {ANNS[1]})
        wait_until(lambda: lab.datagrams("honest") == [UPLINK])
        assert lab.datagrams("spoofed") == []
    finally:
        ann.sh("".join(f"ip address del {each}/32 dev eth0; " for each in spoofed))
        lab.host.sysctl(f"net/ipv4/conf/{online.config.interface_prefix}0/rp_filter", 1)


def test_nobody_outside_connects_to_a_sandbox(bob: Host, lab: Lab, online: Node) -> None:
    with lab.without_rules(online):
        assert lab.connects(lab.internet, BOBS[1], 8000)
        assert lab.connects(lab.host, BOBS[1], 8000)
    assert not lab.connects(lab.internet, BOBS[1], 8000)
    assert not lab.connects(lab.host, BOBS[1], 8000)


def test_what_the_machine_translates_goes_nowhere_either(ann: Host, lab: Lab, online: Node) -> None:
    """A port that the machine publishes by address translation is no way in."""
    lab.host.run(
        "nft", "-f", "-",
        stdin="table ip published { chain c { type nat hook prerouting priority dstnat;"
        " tcp dport { 81, 82 } dnat to 10.0.0.5:80; tcp dport 83 dnat to 93.184.216.34:80; }; }",
    )  # fmt: skip
    # From an address of the machine and from one of the internet to a private one, and from the
    # machine's to the internet's.
    ports = [f"{UPLINK}:81", "93.184.216.34:82", f"{UPLINK}:83"]
    try:
        with lab.without_rules(online):
            assert answering(ann, ports) == set(ports)
        assert answering(ann, ports) == set()
    finally:
        lab.host.run("nft", "delete", "table", "ip", "published")


def test_other_protocols_than_tcp_udp_and_icmp_are_dropped(
    ann: Host, lab: Lab, online: Node
) -> None:
    # ESP (RFC 4303, protocol 50) stands for all others: the kernel tracks it as a mere protocol.
    send = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 50); "
        "s.sendto(bytes.fromhex('30391e6100080000'), ('93.184.216.34', 0))"
    )
    hear = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 50); "
        "s.settimeout({}); print('ready', flush=True); s.recv(100); print('heard')"
    )
    with lab.without_rules(online), lab.internet.started(hear.format(20)) as heard:
        _python(ann, send)
        assert heard.communicate(timeout=30)[0] == "heard\n"
    with lab.internet.started(hear.format(2)) as heard:
        _python(ann, send)
        assert heard.communicate(timeout=30)[0] == ""


def test_ipv6_is_dropped_whole(ann: Host, lab: Lab, online: Node) -> None:
    link = f"{online.config.interface_prefix}0"
    assert lab.host.run("ip", "-6", "address", "show", "dev", link) == ""
    # Even if somebody gives the link addresses of that kind, on a machine that forwards them.
    lab.host.sysctl(f"net/ipv6/conf/{link}/disable_ipv6", 0)
    lab.host.sysctl("net/ipv6/conf/all/forwarding", 1)
    lab.host.run("ip", "address", "add", "fd00::1/64", "dev", link, "nodad")
    lab.host.run("ip", "address", "add", "fd01::1/64", "dev", "up0", "nodad")
    lab.internet.run("ip", "address", "add", "fd01::2/64", "dev", "net0", "nodad")
    lab.internet.run("ip", "route", "add", "fd00::/64", "via", "fd01::1")
    ann.sh("ip address add fd00::2/64 dev eth0 nodad && ip route add fd01::/64 via fd00::1")
    try:
        with lab.without_rules(online):
            ann.sh("ping -6 -c 1 -W 3 fd00::1 && ping -6 -c 1 -W 3 fd01::2")
            # Nobody listens, and says so: curl exits with 7.
            assert ann.try_sh("curl -gsm 2 http://[fd01::2]:9/").returncode == 7
        # The machine's end is known by now: what is sent does not wait for its address.
        for target in ("fd00::1", "fd01::2"):
            assert ann.try_sh(f"ping -6 -c 1 -W 1 {target}").returncode != 0
        assert ann.try_sh("curl -gsm 1 http://[fd01::2]:9/").returncode == 28
    finally:
        ann.sh("ip address del fd00::2/64 dev eth0")
        lab.host.sysctl(f"net/ipv6/conf/{link}/disable_ipv6", 1)


def test_the_machines_other_addresses_are_not_told_by_arp(ann: Host) -> None:
    asked = ann.sh(
        f"for a in {UPLINK} {INNER} {ANNS[0]}; do ip route replace $a dev eth0; "
        "ping -c 1 -W 1 $a >/dev/null; ip neighbour show $a; ip route del $a; done; true"
    )
    known = [line.split()[0] for line in asked.splitlines() if "lladdr" in line]
    assert known == [ANNS[0]]


# Limits.


def test_new_connections_a_second_are_limited(ann: Host, lab: Lab, online: Node) -> None:
    code = (
        "import socket\n"
        "for _ in range(200):\n"
        "    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "    s.sendto({text!r}.encode(), ('93.184.216.34', 7777))\n"
    )
    with lab.without_rules(online):
        _python(ann, code.format(text="many-control"))
        wait_until(lambda: len(lab.datagrams("many-control")) == 200)
    time.sleep(1.1)
    started = time.monotonic()
    _python(ann, code.format(text="many"))
    seconds = time.monotonic() - started
    passed = len(lab.datagrams("many"))
    assert 20 <= passed <= EGRESS.rate * (seconds + 1) + 1 < 200


def test_connections_at_once_are_limited(ann: Host, lab: Lab, online: Node) -> None:
    code = (
        "import socket, time\n"
        "held = []\n"
        "for _ in range(80):\n"
        "    time.sleep({pause})\n"
        "    s = socket.socket(); s.settimeout(1)\n"
        "    try:\n"
        "        s.connect(('93.184.216.34', 80)); s.send(b'GET /held HTTP/1.0\\r\\n\\r\\n')\n"
        "        held.append(s)\n"
        "    except OSError: break\n"
        "print(len(held))"
    )
    with lab.without_rules(online):
        assert _python(ann, code.format(pause=0)) == "80"
    # Those of earlier tests are remembered for a while and count.
    assert 20 <= int(_python(ann, code.format(pause=1.2 / EGRESS.rate))) <= EGRESS.connections


def test_bandwidth_is_limited(ann: Host, lab: Lab, online: Node) -> None:
    timed = "curl -s -m 60 -o /dev/null -w '%{time_total} %{size_download}' http://1.1.1.1/big"
    with lab.without_rules(online):
        seconds, size = ann.sh(timed).split()
        assert float(seconds) < 2 and size == "4000000"
    time.sleep(1.1)
    seconds, size = ann.sh(timed).split()
    # 4 MB at 8,000 kbit/s are four seconds, less the one second's worth that passes at once.
    assert size == "4000000"
    assert 2.5 < float(seconds) < 10
