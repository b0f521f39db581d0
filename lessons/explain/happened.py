"""What became of each option this time, from what the engine notes of the container.

A pure function over the ``docker inspect`` document. That is the student's to choose, so nothing
about its shape is relied on: what is not as expected is not spoken of.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from playground.dockerline import reference
from playground.dockerline.command import Command, Option

_LONGEST = 200

#: Where the engine notes an option, for those of which no more can be said than that.
_FIELDS = {
    "add-host": "HostConfig.ExtraHosts",
    "blkio-weight": "HostConfig.BlkioWeight",
    "cap-add": "HostConfig.CapAdd",
    "cap-drop": "HostConfig.CapDrop",
    "cgroup-parent": "HostConfig.CgroupParent",
    "cgroupns": "HostConfig.CgroupnsMode",
    "cpu-period": "HostConfig.CpuPeriod",
    "cpu-quota": "HostConfig.CpuQuota",
    "cpu-shares": "HostConfig.CpuShares",
    "cpuset-cpus": "HostConfig.CpusetCpus",
    "cpuset-mems": "HostConfig.CpusetMems",
    "device": "HostConfig.Devices",
    "dns": "HostConfig.Dns",
    "dns-option": "HostConfig.DnsOptions",
    "dns-search": "HostConfig.DnsSearch",
    "domainname": "Config.Domainname",
    "entrypoint": "Config.Entrypoint",
    "expose": "Config.ExposedPorts",
    "group-add": "HostConfig.GroupAdd",
    "health-cmd": "Config.Healthcheck.Test",
    "hostname": "Config.Hostname",
    "init": "HostConfig.Init",
    "ipc": "HostConfig.IpcMode",
    "label": "Config.Labels",
    "log-driver": "HostConfig.LogConfig.Type",
    "log-opt": "HostConfig.LogConfig.Config",
    "memory-reservation": "HostConfig.MemoryReservation",
    "memory-swap": "HostConfig.MemorySwap",
    "memory-swappiness": "HostConfig.MemorySwappiness",
    "oom-kill-disable": "HostConfig.OomKillDisable",
    "oom-score-adj": "HostConfig.OomScoreAdj",
    "pid": "HostConfig.PidMode",
    "pids-limit": "HostConfig.PidsLimit",
    "privileged": "HostConfig.Privileged",
    "read-only": "HostConfig.ReadonlyRootfs",
    "runtime": "HostConfig.Runtime",
    "security-opt": "HostConfig.SecurityOpt",
    "shm-size": "HostConfig.ShmSize",
    "stop-signal": "Config.StopSignal",
    "stop-timeout": "Config.StopTimeout",
    "sysctl": "HostConfig.Sysctls",
    "tmpfs": "HostConfig.Tmpfs",
    "ulimit": "HostConfig.Ulimits",
    "user": "Config.User",
    "userns": "HostConfig.UsernsMode",
    "uts": "HostConfig.UTSMode",
    "volumes-from": "HostConfig.VolumesFrom",
    "workdir": "Config.WorkingDir",
}


@dataclass(frozen=True)
class Happened:
    """What became of a line."""

    #: By the option's place in ``command.options``.
    options: Mapping[int, str]
    #: The container itself: its name, number and state.
    container: str
    image: str
    #: What runs in it.
    program: str


def happened(command: Command, inspect: Mapping[str, Any]) -> Happened:
    """Say of every option of a command that made a container what became of it."""
    facts = _Facts(inspect)
    said: dict[int, str] = {}
    for index, option in enumerate(command.options):
        about = _ABOUT.get(option.name)
        sentence = about(option, facts) if about else _noted(option, facts)
        if option.known and sentence:
            said[index] = sentence
    return Happened(said, _container(facts), _image(facts), _program(facts))


class _Facts:
    """The document, asked by path; what is not of the asked type is empty."""

    def __init__(self, inspect: Mapping[str, Any]) -> None:
        self._inspect = inspect

    def at(self, path: str) -> Any:
        value: Any = self._inspect
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def text(self, path: str) -> str:
        value = self.at(path)
        return value[:_LONGEST] if isinstance(value, str) else ""

    def number(self, path: str) -> int:
        value = self.at(path)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def texts(self, path: str) -> list[str]:
        value = self.at(path)
        listed = value if isinstance(value, list) else []
        return [each[:_LONGEST] for each in listed if isinstance(each, str)]

    def entries(self, path: str) -> list[dict[str, Any]]:
        value = self.at(path)
        return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _noted(option: Option, facts: _Facts) -> str:
    field = _FIELDS.get(option.name)
    value = facts.at(field) if field else None
    if value in (None, "", [], {}):
        return ""
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _("The engine notes %(field)s: %(value)s") % {"field": field, "value": shown[:_LONGEST]}


def _container(facts: _Facts) -> str:
    code = facts.number("State.ExitCode")
    state = {
        "running": _("runs"),
        "exited": _("has ended, with exit code %(code)s") % {"code": code},
        "created": _("is made and was never started"),
        "paused": _("is paused"),
        "restarting": _("is just being started again"),
    }.get(facts.text("State.Status"), facts.text("State.Status"))
    return _("The container %(name)s (%(id)s) %(state)s.") % {
        "name": facts.text("Name").lstrip("/"),
        "id": facts.text("Id")[:12],
        "state": state,
    }


def _image(facts: _Facts) -> str:
    if not (digest := facts.text("Image").rpartition(":")[2][:12]):
        return ""
    return _("It is the image %(digest)s on your host.") % {"digest": digest}


def _program(facts: _Facts) -> str:
    words = [facts.text("Path"), *facts.texts("Args")]
    if not words[0]:
        return ""
    return _("The first process of the container: %(line)s") % {"line": " ".join(words)[:_LONGEST]}


def _name(option: Option, facts: _Facts) -> str:
    if facts.text("Name").lstrip("/") != option.value:
        return ""
    return _("The container with the ID %(id)s has this name.") % {"id": facts.text("Id")[:12]}


def _detach(option: Option, facts: _Facts) -> str:
    if facts.text("State.Status") == "running":
        return _("It runs in the background, as process %(pid)s of the host.") % {
            "pid": facts.number("State.Pid")
        }
    return _("It ran in the background and runs no more.")


def _bindings(facts: _Facts, wanted: str) -> list[str]:
    """The ports of the host that lead to a port of the container, as ``address:port``."""
    ports = facts.at("NetworkSettings.Ports")
    found = ports.get(wanted) if isinstance(ports, dict) else None
    bound = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return [f"{str(b.get('HostIp', ''))[:60]}:{str(b.get('HostPort', ''))[:10]}" for b in bound]


def _publish(option: Option, facts: _Facts) -> str:
    port = reference.port(option.value or "")
    if port is None:
        return ""
    wanted = f"{port.container.partition('-')[0]}/{port.protocol}"
    if not (bound := _bindings(facts, wanted)):
        return _("The port is not open now: a container that does not run has none.")
    return _("Open now: %(bound)s → %(port)s") % {"bound": ", ".join(bound), "port": wanted}


def _publish_all(option: Option, facts: _Facts) -> str:
    ports = facts.at("NetworkSettings.Ports")
    names = [str(name)[:20] for name in ports] if isinstance(ports, dict) else []
    ways = [f"{', '.join(bound)} → {name}" for name in names if (bound := _bindings(facts, name))]
    if not ways:
        return _("No port is open: the image exposes none, or the container does not run.")
    return _("Docker has chosen: %(ways)s") % {"ways": "; ".join(ways)[:_LONGEST]}


def _mounted(option: Option, facts: _Facts) -> str:
    read = reference.volume if option.name == "volume" else reference.mount
    wanted = read(option.value or "")
    if wanted is None:
        return ""
    target = wanted.target.rstrip("/") or "/"
    for entry in facts.entries("Mounts"):
        if entry.get("Destination") == target:
            said = {
                "target": target,
                "source": str(entry.get("Source", ""))[:_LONGEST],
                "name": str(entry.get("Name", ""))[:64],
            }
            writable = entry.get("RW") is True
            if entry.get("Type") == "volume":
                sentence = _("The volume %(name)s lies at %(source)s on the host.") % said
            else:
                sentence = _("%(target)s in the container is %(source)s on the host.") % said
            return sentence if writable else f"{sentence} {_('It is read-only.')}"
    return ""


def _env(option: Option, facts: _Facts) -> str:
    name = (option.value or "").partition("=")[0]
    found = [each for each in facts.texts("Config.Env") if each.partition("=")[0] == name]
    if not found:
        return _("There is no variable %(name)s in the container.") % {"name": name}
    return _("In the container: %(variable)s") % {"variable": found[-1]}


def _memory(option: Option, facts: _Facts) -> str:
    if not (count := facts.number("HostConfig.Memory")):
        return ""
    return _("The engine limits it to %(count)s bytes (HostConfig.Memory).") % {
        "count": f"{count:,}"
    }


def _cpus(option: Option, facts: _Facts) -> str:
    if not (count := facts.number("HostConfig.NanoCpus")):
        return ""
    return _("The engine notes %(count)s billionths of a processor (HostConfig.NanoCpus).") % {
        "count": f"{count:,}"
    }


def _network(option: Option, facts: _Facts) -> str:
    networks = facts.at("NetworkSettings.Networks")
    said = []
    for name, entry in networks.items() if isinstance(networks, dict) else ():
        address = entry.get("IPAddress") if isinstance(entry, dict) else ""
        said.append(f"{str(name)[:60]} ({str(address)[:60]})" if address else str(name)[:60])
    return _("It is on: %(networks)s") % {"networks": ", ".join(said[:8])} if said else ""


def _restart(option: Option, facts: _Facts) -> str:
    return _("Started again %(count)s times so far.") % {"count": facts.number("RestartCount")}


def _rm(option: Option, facts: _Facts) -> str:
    if facts.at("HostConfig.AutoRemove") is not True:
        return ""
    return _("It is still there; the engine removes it when it ends.")


def _tty(option: Option, facts: _Facts) -> str:
    has = facts.at("Config.Tty") is True
    return _("The program has a terminal.") if has else _("The program has no terminal.")


def _interactive(option: Option, facts: _Facts) -> str:
    is_open = facts.at("Config.OpenStdin") is True
    return _("Its input is open.") if is_open else _("Its input is closed.")


_ABOUT: dict[str, Callable[[Option, _Facts], str]] = {
    "cpus": _cpus,
    "detach": _detach,
    "env": _env,
    "interactive": _interactive,
    "memory": _memory,
    "mount": _mounted,
    "name": _name,
    "network": _network,
    "publish": _publish,
    "publish-all": _publish_all,
    "restart": _restart,
    "rm": _rm,
    "tty": _tty,
    "volume": _mounted,
}
