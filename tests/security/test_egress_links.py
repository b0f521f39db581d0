"""Links come and go with their sandboxes, and only they; what an operator is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from playground.runtime import conntrack, doctor
from playground.runtime.config import RuntimeConfig
from playground.runtime.egress import Egress
from playground.runtime.errors import MachineUnfit
from playground.runtime.node import Node
from tests.security.egress_lab import (
    UPLINK,
    Lab,
    answering,
)
from tests.support import Host

pytestmark = pytest.mark.sandbox


def test_off_nothing_is_made_and_nothing_gets_out(
    lab: Lab, egress_config: RuntimeConfig, tmp_path: Path
) -> None:
    interfaces, tables = lab.interfaces(), lab.tables()
    node = Node(replace(egress_config, state_dir=tmp_path, egress=Egress()))
    try:
        host = Host(lab.create(node, "offline"))
        assert lab.interfaces() == interfaces
        assert lab.tables() == tables
        assert host.sh("ls /sys/class/net | sort | tr '\\n' ' '").split() == ["docker0", "lo"]
        assert host.sh("ip route show default") == ""
        assert host.try_sh("curl -sm 2 http://93.184.216.34").returncode != 0
    finally:
        lab.host.call(node.shutdown)


def test_nothing_remains_and_nothing_of_others_is_touched(lab: Lab, other: Node) -> None:
    before = lab.interfaces(), lab.tables(), lab.host.run("nft", "list", "table", "ip", "foreign")
    routes = lab.host.run("ip", "-4", "route", "show", "table", "all")
    one = lab.create(other, "one")
    # A student may cut their own link.
    Host(lab.create(other, "two")).sh("ip link delete eth0")
    link = f"{other.config.interface_prefix}0"
    assert link in lab.interfaces()
    lab.host.call(one.remove)
    assert link not in lab.interfaces()
    lab.host.call(one.remove)  # and once more does no harm
    assert f"table inet {other.config.filter_table}" in lab.tables()
    lab.host.call(other.shutdown)
    foreign = lab.host.run("nft", "list", "table", "ip", "foreign")
    assert (lab.interfaces(), lab.tables(), foreign) == before
    assert lab.host.run("ip", "-4", "route", "show", "table", "all") == routes
    lab.host.call(other.shutdown)


def test_several_are_made_at_once(lab: Lab, other: Node) -> None:
    with ThreadPoolExecutor() as pool:
        made = list(pool.map(lambda name: Host(lab.create(other, name)), ["one", "two", "three"]))
    for host in made:
        assert host.sh("curl -s -m 5 http://1.1.1.1/") == UPLINK
    assert {link.sandbox_id for link in lab.host.call(other.network.links)} == {
        "one", "two", "three",
    }  # fmt: skip


def test_links_without_a_sandbox_go_and_a_strangers_interface_stays(lab: Lab, other: Node) -> None:
    lost, kept = lab.create(other, "lost"), lab.create(other, "kept")
    prefix = other.config.interface_prefix
    stranger = f"{prefix}77"
    lab.host.run("ip", "link", "add", stranger, "type", "veth", "peer", "name", "elsewhere")
    try:
        again = Node(other.config)
        (lost.directory / "sandbox.json").unlink()
        assert lab.host.call(again.orphans) == ["lost"]
        assert lab.host.call(partial(again.sweep, keep=["kept"])) == ["lost"]
        assert f"{prefix}0" not in lab.interfaces()
        assert f"{prefix}1" in lab.interfaces()
        # One whose sandbox was forgotten altogether is known by its label.
        lab.host.run("ip", "link", "set", stranger, "alias",
                     f"docker-playground {other.config.node_key} ghost")  # fmt: skip
        assert lab.host.call(again.orphans) == ["ghost"]
        lab.host.run("ip", "link", "set", stranger, "alias", "somebody's")
        lab.host.call(again.shutdown)
        assert stranger in lab.interfaces()
        assert not kept.is_alive()
    finally:
        lab.host.run("ip", "link", "delete", stranger)


def test_the_next_one_of_an_address_gets_nothing_of_the_last(lab: Lab, other: Node) -> None:
    sandbox = lab.create(other, "first")
    Host(sandbox).sh("curl -s -m 5 http://1.1.1.1/")
    address = other.config.egress.addresses(0)[1]
    assert lab.host.call(lambda: conntrack.forget(address)) >= 1
    Host(sandbox).sh("curl -s -m 5 http://1.1.1.1/")
    lab.host.call(sandbox.remove)
    assert lab.host.call(lambda: conntrack.forget(address)) == 0


def test_rules_that_somebody_flushed_come_back_and_links_go_on(lab: Lab, other: Node) -> None:
    first = Host(lab.create(other, "first"))
    lab.host.run("nft", "delete", "table", "inet", other.config.filter_table)
    lab.create(other, "second")
    assert first.sh("curl -s -m 5 http://1.1.1.1/") == UPLINK
    lab.host.run("nft", "delete", "table", "inet", other.config.filter_table)
    lab.host.call(other.network.restore)
    assert first.sh("curl -s -m 5 http://1.1.1.1/") == UPLINK
    # So does a changed setting, for those that are there already.
    stricter = replace(other.config.egress, block=(IPv4Network("1.1.1.1"),), dns="10.0.0.53")
    third = Host(lab.create(Node(replace(other.config, egress=stricter)), "third"))
    assert answering(first, ["1.1.1.1:80", "93.184.216.34:80"]) == {"93.184.216.34:80"}
    # A name server in a private range is reached at its port 53 only.
    assert third.sh("curl -s -m 5 http://example.test/") == UPLINK
    assert answering(third, ["10.0.0.53:80", "10.0.0.5:80"]) == set()


def test_a_machine_that_does_not_forward_is_said(lab: Lab, other: Node) -> None:
    lab.host.sysctl("net/ipv4/conf/up0/forwarding", 0)
    interfaces = lab.interfaces()
    with pytest.raises(MachineUnfit, match=r"sysctl -w net\.ipv4\.conf\.up0\.forwarding=1"):
        lab.create(other, "mute")
    assert lab.interfaces() == interfaces
    assert other.sandboxes() == []
    finding = lab.host.call(lambda: list(doctor._egress(other.config)))[0]
    assert finding.stops_sandboxes
    assert "up0" in finding.detail


def test_a_machine_without_a_default_route_is_said_and_makes_sandboxes(
    lab: Lab, other: Node
) -> None:
    lab.host.run("ip", "route", "delete", "default")
    try:
        findings = lab.host.call(lambda: list(doctor._egress(other.config)))
        assert [(f.level, f.detail) for f in findings] == [("warning", "no route to 1.1.1.1")]
        assert lab.create(other, "alone").is_alive()
    finally:
        lab.host.run("ip", "route", "add", "default", "via", "8.8.4.1")


def test_a_firewall_of_the_machine_is_said(lab: Lab, other: Node) -> None:
    assert [f.level for f in lab.host.call(lambda: list(doctor._egress(other.config)))] == ["ok"]
    lab.host.run(
        "nft", "-f", "-",
        stdin="table ip strict { chain FORWARD {"
        " type filter hook forward priority 0; policy drop; }; }",
    )  # fmt: skip
    try:
        finding = lab.host.call(lambda: list(doctor._egress(other.config)))[0]
        assert (finding.level, "ip strict FORWARD" in finding.detail) == ("warning", True)
        assert other.config.interface_prefix in finding.mend
    finally:
        lab.host.run("nft", "delete", "table", "ip", "strict")


def test_a_subnet_of_somebody_elses_is_refused(lab: Lab, online: Node, other: Node) -> None:
    lab.create(online, "first")
    same = Node(replace(other.config, egress=online.config.egress))
    with pytest.raises(MachineUnfit, match="PLAYGROUND_EGRESS_SUBNET"):
        lab.create(same, "twin")
