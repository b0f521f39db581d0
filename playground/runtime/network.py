"""A sandbox's link to the outside: one veth pair, and the node's packet filter.

Everything here is the node's own: its interfaces are known by a label (``ifalias``), its rules are
a table of their own. Addresses, routes, settings and rules of the machine stay as they are.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Protocol

from playground.runtime import conntrack, egress_checks
from playground.runtime.config import RuntimeConfig
from playground.runtime.errors import SandboxError
from playground.runtime.packet_filter import PacketFilter

#: Settings of our end of a link (Documentation/networking/ip-sysctl.rst). What the student's end
#: says about routes is not believed, and of the machine's addresses only the link's own is told
#: to whoever asks by ARP.
_INTERFACE_SYSCTLS = {
    "ipv4": {
        "forwarding": 1, "rp_filter": 1, "arp_ignore": 1, "proxy_arp": 0, "route_localnet": 0,
        "accept_redirects": 0, "send_redirects": 0, "accept_source_route": 0,
    },
    "ipv6": {"disable_ipv6": 1},
}  # fmt: skip
#: The interface as the sandbox sees it.
INSIDE = "eth0"


class _Record(Protocol):
    @property
    def slot(self) -> int: ...


class Attachable(Protocol):
    """What a link needs to know of a sandbox."""

    id: str

    @property
    def record(self) -> _Record: ...

    @property
    def pid(self) -> int: ...

    def is_alive(self) -> bool: ...

    def run(self, arguments: list[str], *, stdin: bytes) -> subprocess.CompletedProcess[bytes]: ...


@dataclass(frozen=True)
class Link:
    """An interface of this node, as the machine has it."""

    name: str
    sandbox_id: str
    slot: int


class Network:
    """The links of one node's sandboxes; does nothing while egress is off."""

    def __init__(self, config: RuntimeConfig) -> None:
        self.config = config
        self.egress = config.egress
        #: Is there from the first link to the shutdown: without it nothing needs to be removed.
        self._lock = config.state_dir / "egress.lock"

    def attach(self, sandbox: Attachable) -> None:
        """Give a sandbox its link, its default route and its name servers.

        Raises ``MachineUnfit`` where no answer could come back, and ``SandboxError``.
        """
        if not self.egress.on:
            return
        with self._locked():
            egress_checks.require(self.config)
            self._ensure_rules()
            self._link(sandbox)
        done = sandbox.run(["sh", "-c", "cat > /etc/resolv.conf"], stdin=self.egress.resolv_conf())
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace")[-200:].strip()
            raise SandboxError(f"{sandbox.id} got no name servers: {said}")

    def restore(self) -> None:
        """Put the rules back where somebody has removed them, as ``nft flush ruleset`` does.

        Until then nothing keeps sandboxes from the machine's network. Raises ``SandboxError``.
        """
        if self.egress.on and self._lock.exists():
            with self._locked():
                self._ensure_rules()

    def detach(self, sandbox_id: str) -> None:
        """Cut a sandbox's link; does nothing if it has none.

        Never raises: the rest of the sandbox must go all the same, and its link with it.
        """
        with suppress(SandboxError):
            for link in self.links():
                if link.sandbox_id == sandbox_id:
                    self._unlink(link)

    def links(self) -> list[Link]:
        """The interfaces that carry this node's label, whatever their sandboxes have become."""
        if not self._lock.exists():
            return []
        label = re.compile(rf"docker-playground {self.config.node_key} ([a-z0-9-]+)\Z")
        shown = _run(["ip", "-j", "link", "show", "type", "veth"])
        found = []
        for each in json.loads(shown or "[]"):
            ours = label.match(each.get("ifalias", ""))
            slot = each["ifname"].removeprefix(self.config.interface_prefix)
            if ours and slot.isdigit():
                found.append(Link(each["ifname"], ours[1], int(slot)))
        return found

    def sandbox_ids(self) -> set[str]:
        """Ids of the sandboxes that have a link."""
        return {link.sandbox_id for link in self.links()}

    def shutdown(self) -> None:
        """Remove all links and the table."""
        if not self._lock.exists():
            return
        for link in self.links():
            self._unlink(link)
        _run(["nft", "-f", "-"], self._filter(()).removal())
        self._lock.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _filter(self, resolvers: tuple[IPv4Address, ...] | None = None) -> PacketFilter:
        return PacketFilter(
            self.config.filter_table,
            self.config.interface_prefix,
            self.egress,
            self.egress.resolvers() if resolvers is None else resolvers,
        )

    def _ensure_rules(self) -> None:
        """Put the table there, or in the place of one of other settings; links go on working."""
        rules = self._filter()
        there = subprocess.run(
            ["nft", "--terse", "list", "table", "inet", rules.table], capture_output=True, text=True
        )
        if there.returncode == 0 and f'comment "{rules.comment}"' in there.stdout:
            return
        sources = [(link.name, self.egress.addresses(link.slot)[1]) for link in self.links()]
        _run(["nft", "-f", "-"], rules.ruleset(sources))

    def _link(self, sandbox: Attachable) -> None:
        slot = sandbox.record.slot
        name = f"{self.config.interface_prefix}{slot}"
        ours, theirs = self.egress.addresses(slot)
        for link in self.links():
            if link.slot == slot or link.sandbox_id == sandbox.id:
                self._unlink(link)
        # Nobody must get what was sent to the one who had the address before.
        conntrack.forget(theirs)
        label = f"docker-playground {self.config.node_key} {sandbox.id}"
        with _namespace_of(sandbox) as namespace:
            _run(
                ["ip", "-batch", "-"],
                f"link add name {name} type veth peer name {INSIDE} netns {namespace}\n"
                f'link set dev {name} alias "{label}"\n'
                f"address add {ours}/31 dev {name}\n",
            )
            _set_sysctls(name)
            _run(["nft", "-f", "-"], self._filter().admit(name, theirs))
            _run(["ip", "link", "set", "dev", name, "up"])
            # The machine's own `ip`: no program of the sandbox runs with the machine's rights.
            _run(
                ["nsenter", f"--net={namespace}", "ip", "-batch", "-"],
                f"address add {theirs}/31 dev {INSIDE}\n"
                f"link set dev {INSIDE} up\n"
                f"route add default via {ours} dev {INSIDE}\n",
            )

    def _unlink(self, link: Link) -> None:
        """Each step whatever became of the others: any of it may be gone already."""
        with suppress(SandboxError):
            _run(["ip", "link", "delete", "dev", link.name])
        with suppress(SandboxError, OSError):
            theirs = self.egress.addresses(link.slot)[1]
            conntrack.forget(theirs)
            _run(["nft", "-f", "-"], self._filter(()).dismiss(link.name, theirs))


@contextmanager
def _namespace_of(sandbox: Attachable) -> Iterator[str]:
    """A path to the sandbox's network namespace that stays its own, also if it ends meanwhile."""
    descriptor = os.open(f"/proc/{sandbox.pid}/ns/net", os.O_RDONLY)
    try:
        if not sandbox.is_alive():
            raise SandboxError(f"Sandbox {sandbox.id} ended before it had a network")
        yield f"/proc/{os.getpid()}/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _set_sysctls(interface: str) -> None:
    for family, settings in _INTERFACE_SYSCTLS.items():
        folder = Path(f"/proc/sys/net/{family}/conf/{interface}")
        if family == "ipv6" and not folder.is_dir():
            continue  # a machine without IPv6
        for name, value in settings.items():
            (folder / name).write_text(str(value))


def _run(command: list[str], stdin: str = "") -> str:
    """Run a tool and return what it says; raises ``SandboxError`` with its own words."""
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60)
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise SandboxError(f"`{' '.join(command)}`: {error}", "Run `./manage.py doctor`") from None
    if done.returncode != 0:
        raise SandboxError(f"`{' '.join(command)}` failed: {done.stderr.strip()[-300:]}")
    return done.stdout
