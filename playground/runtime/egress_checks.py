"""What keeps sandboxes from the network outside, where egress is on.

Forwarding, routes and other firewalls are the operator's: they are looked at, never changed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from playground.runtime.config import RuntimeConfig
from playground.runtime.egress import Egress
from playground.runtime.errors import MachineUnfit

_TOOLS = {"ip": "iproute2", "nft": "nftables", "nsenter": "util-linux"}


@dataclass(frozen=True)
class Obstacle:
    """One thing in the way; ``stops`` if no packet can come back because of it."""

    detail: str
    mend: str
    stops: bool = True


def require(config: RuntimeConfig) -> None:
    """Raise ``MachineUnfit`` for the first thing that stops sandboxes from reaching outside."""
    for obstacle in _likely(config):
        if obstacle.stops:
            raise MachineUnfit(obstacle.detail, obstacle.mend)


def obstacles(config: RuntimeConfig) -> list[Obstacle]:
    """All that is in the way; needs the rights to read the packet filter."""
    found = list(_likely(config))
    return found if any(each.stops for each in found) else [*found, *_foreign_filters(config)]


def _likely(config: RuntimeConfig) -> Iterator[Obstacle]:
    if lacking := [package for tool, package in _TOOLS.items() if not shutil.which(tool)]:
        yield Obstacle(f"missing: {', '.join(lacking)}", f"apt install {' '.join(lacking)}")
        return
    try:
        config.egress.resolvers()
    except MachineUnfit as unfit:
        yield Obstacle(unfit.args[0], unfit.mend)
        return
    yield from _subnet_in_use(config)
    yield from _no_way_back(config.egress)


def _subnet_in_use(config: RuntimeConfig) -> Iterator[Obstacle]:
    """The subnet must be nobody else's: another playground's, a private network's."""
    for route in _ip("-4", "route", "show", "table", "all"):
        device, destination = route.get("dev", ""), route["dst"]
        if destination == "default" or device.startswith(config.interface_prefix):
            continue
        if IPv4Network(destination).overlaps(config.egress.subnet):
            yield Obstacle(
                f"sandboxes' subnet {config.egress.subnet} overlaps the route to {destination} "
                f"by {device or route.get('type', 'no interface')}",
                "Set PLAYGROUND_EGRESS_SUBNET to one that this machine has no route to",
            )
            return


def _no_way_back(egress: Egress) -> Iterator[Obstacle]:
    """Answers come in by the machine's uplink, whose own flag decides whether they go on."""
    server = str(egress.resolvers()[0])
    try:
        route = _ip("-4", "route", "get", server)[0]
    except (OSError, IndexError):
        yield Obstacle(f"no route to {server}", "Give the machine a default route", stops=False)
        return
    uplink = route.get("dev", "")
    if route.get("type") == "local" or not forwards(uplink):
        # A name server of the machine's own says nothing of the uplink.
        default = _ip("-4", "route", "show", "default")
        uplink = default[0].get("dev", "") if default else ""
    if uplink and not forwards(uplink):
        yield Obstacle(
            f"the machine does not forward what comes in by {uplink}, so no answer reaches a "
            "sandbox",
            f"`sysctl -w net.ipv4.conf.{uplink}.forwarding=1`, or net.ipv4.ip_forward=1 for all "
            "interfaces; in a file below /etc/sysctl.d it lasts",
        )


def forwards(interface: str) -> bool:
    """Whether IPv4 packets that come in by the interface may go on to another one."""
    try:
        flag = Path(f"/proc/sys/net/ipv4/conf/{interface}/forwarding").read_text()
    except OSError:
        return False
    return flag.strip() == "1"


def _foreign_filters(config: RuntimeConfig) -> Iterator[Obstacle]:
    """Tables of others whose forward chain drops what it does not know, as Docker's does.

    Rules of the old iptables (``iptables-legacy``) are not among nftables' and are not seen.
    """
    done = subprocess.run(["nft", "-j", "list", "chains"], capture_output=True, text=True)
    if done.returncode != 0:
        yield Obstacle(f"nft: {done.stderr.strip()[:200]}", "Run it as root", stops=False)
        return
    for each in json.loads(done.stdout)["nftables"]:
        chain = each.get("chain", {})
        if (
            chain.get("hook") == "forward"
            and chain.get("policy") == "drop"
            and chain.get("family") in ("ip", "inet")
            and chain.get("table") != config.filter_table
        ):
            name = f"{chain['family']} {chain['table']} {chain['name']}"
            yield Obstacle(
                f"the chain {name} drops what no rule of its own lets pass",
                "Let it accept what comes in or goes out by interfaces named "
                f"{config.interface_prefix}*; beside a Docker of the machine's own: "
                + " && ".join(
                    f"iptables -I DOCKER-USER {way} {config.interface_prefix}+ -j ACCEPT"
                    for way in ("-i", "-o")
                ),
                stops=False,
            )


def _ip(*arguments: str) -> list[dict[str, Any]]:
    done = subprocess.run(["ip", "-j", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()[:200]}")
    found: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return found
