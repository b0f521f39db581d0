"""Whether a container is as a check asks for."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from playground.checks.facts import Facts
from playground.checks.spec import Container
from playground.checks.verdict import HOLDS, Missing, Verdict, absent, missing
from playground.dockerline.reference import full_name, image, size

Document = Mapping[str, Any]
_PUBLISHED = re.compile(
    r"(?:(?P<address>[0-9.]+|\[[0-9a-f:]+\]):)?(?P<host>[0-9]+|\*):(?P<inner>[0-9]+)"
    r"(?:/(?P<protocol>tcp|udp))?\Z"
)


def container(wanted: Container, facts: Facts) -> Verdict:
    """Look for a container that fits, or the one that comes nearest."""
    named = [each for each in facts.containers() if wanted.name in (None, name_of(each))]
    of_image = [each for each in named if wanted.image is None or _is_of(each, wanted.image, facts)]
    looked_at = [(each, list(_problems(each, wanted, facts))) for each in (of_image or named)]
    fits = [each for each, problems in looked_at if not problems and each in of_image]
    if not wanted.exists:
        return (
            missing([Missing.of("container-still-there", name=name_of(fits[0]))]) if fits else HOLDS
        )
    if len(fits) >= wanted.count:
        return HOLDS
    if wanted.count > 1:
        found = Missing.of("too-few-containers", have=len(fits), wanted=wanted.count)
        return Verdict(False, bool(fits), (found,))
    if not named:
        if wanted.name:
            return absent("no-container", name=wanted.name)
        return absent("no-container-of", image=wanted.image or "*")
    if not of_image:
        if not wanted.name:
            return absent("no-container-of", image=wanted.image)
        have = str(named[0]["Config"]["Image"])
        return missing(
            [Missing.of("image-differs", name=wanted.name, have=have, wanted=wanted.image)]
        )
    _, problems = min(looked_at, key=lambda pair: len(pair[1]))
    return Verdict(False, True, tuple(problems))


def name_of(document: Document) -> str:
    """A container's name."""
    return str(document["Name"]).lstrip("/")


def _is_of(document: Document, reference: str, facts: Facts) -> bool:
    given, wanted = full_name(str(document["Config"]["Image"])), full_name(reference)
    if given == wanted:
        return True
    if not image(reference).tag and given.rpartition(":")[0] == wanted.rpartition(":")[0]:
        return True
    found = facts.image(reference)
    return found is not None and found["Id"] == document["Image"]


def _problems(document: Document, wanted: Container, facts: Facts) -> list[Missing]:
    name = name_of(document)
    # The page shows the first few: what a student sees first comes first.
    found = [_port(document, name, port) for port in wanted.ports or []]
    found += [_mount(document, name, mount) for mount in wanted.mounts or []]
    found += _env(document, name, wanted.env) if wanted.env is not None else []
    for key, look in _FIELDS.items():
        value = getattr(wanted, key)
        if value is not None:
            found.append(look(document, name, value))
    problems = [problem for problem in found if problem]
    if problems:
        return problems  # what follows asks the engine; no need where it is not right anyway
    key = str(document["Id"])
    if wanted.logs is not None and wanted.logs not in facts.logs(key):
        problems.append(Missing.of("log-lacks", name=name, text=wanted.logs))
    if wanted.changed is not None:
        changes = facts.changes(key)
        problems += [
            Missing.of("not-changed", name=name, path=path)
            for path in wanted.changed
            if path not in changes
        ]
    if wanted.process is not None:
        there = document["State"]["Running"] and wanted.process in facts.processes(key)
        if not there:
            problems.append(Missing.of("no-process", name=name, text=wanted.process))
    return problems


def _running(document: Document, name: str, wanted: bool) -> Missing | None:
    state = document["State"]
    if bool(state["Running"]) is wanted:
        return None
    if wanted:
        code = "never-started" if state["Status"] == "created" else "not-running"
        return Missing.of(code, name=name, code=state["ExitCode"])
    return Missing.of("still-running", name=name)


def _exit_code(document: Document, name: str, wanted: int) -> Missing | None:
    state = document["State"]
    if state["Running"]:
        return Missing.of("still-running", name=name)
    # One whose program could not be started stays "created", with 126 or 127.
    if state["Status"] in ("exited", "created", "dead") and int(state["ExitCode"]) == wanted:
        return None
    return Missing.of("exit-code", name=name, have=state["ExitCode"], wanted=wanted)


def _env(document: Document, name: str, wanted: Mapping[str, str]) -> list[Missing | None]:
    have = variables(document["Config"]["Env"])
    return [variable_problem(have, name, key, value) for key, value in wanted.items()]


def variables(lines: list[str] | None) -> dict[str, str]:
    """``NAME=value`` lines as a dictionary."""
    return {key: value for key, _, value in (str(line).partition("=") for line in lines or [])}


def variable_problem(have: Mapping[str, str], name: str, key: str, value: str) -> Missing | None:
    """Whether a variable has the wanted value, ``*`` for any."""
    if key not in have or (value == "*" and not have[key]):
        return Missing.of("env-missing", name=name, key=key, wanted=value)
    if value not in ("*", have[key]):
        return Missing.of("env-differs", name=name, key=key, have=have[key], wanted=value)
    return None


def _port(document: Document, name: str, wanted: str) -> Missing | None:
    parts = _PUBLISHED.match(wanted)
    assert parts  # the format's pattern
    inner = f"{parts['inner']}/{parts['protocol'] or 'tcp'}"
    bindings: Mapping[str, Any] = document["HostConfig"]["PortBindings"] or {}
    given = [
        (str(each.get("HostIp") or ""), str(each.get("HostPort") or ""))
        for each in bindings.get(inner) or []
    ]
    if parts["host"] == "*":
        live = (document["NetworkSettings"]["Ports"] or {}).get(inner)
        if given or live:
            return None
    for address, port in given:
        if port == parts["host"] and parts["address"] in (None, address):
            return None
    asked = wanted if parts["host"] != "*" else parts["inner"]
    if document["HostConfig"].get("PublishAllPorts"):
        return Missing.of("port-random", name=name, inner=parts["inner"], wanted=asked)
    if given:
        address, port = given[0]
        have = f"{address + ':' if address else ''}{port}:{parts['inner']}"
        return Missing.of("port-other", name=name, have=have, wanted=asked)
    turned = bindings.get(f"{parts['host']}/tcp")
    if turned and str(turned[0].get("HostPort")) == parts["inner"]:
        have = f"{parts['inner']}:{parts['host']}"
        return Missing.of("port-turned", name=name, have=have, wanted=asked)
    return Missing.of("port-missing", name=name, inner=parts["inner"], wanted=asked)


def _mount(document: Document, name: str, wanted: str) -> Missing | None:
    source, _, rest = wanted.partition(":")
    target, _, mode = rest.partition(":")
    there = [
        each
        for each in document["Mounts"] or []
        if str(each["Destination"]).rstrip("/") == target.rstrip("/")
    ]
    if not there:
        return Missing.of("mount-missing", name=name, target=target, wanted=wanted)
    mount = there[0]
    have = str(mount["Name"] if mount["Type"] == "volume" else mount.get("Source") or "")
    if source != "*" and have.rstrip("/") != source.rstrip("/"):
        return Missing.of("mount-source", name=name, target=target, have=have, wanted=source)
    if mode == "ro" and mount.get("RW", True):
        return Missing.of("mount-writable", name=name, target=target)
    if mode == "rw" and not mount.get("RW", True):
        return Missing.of("mount-read-only", name=name, target=target)
    return None


def _flag(path: tuple[str, str], yes: str, no: str) -> Callable[[Document, str, bool], Any]:
    def look(document: Document, name: str, wanted: bool) -> Missing | None:
        have = bool(document[path[0]][path[1]])
        return None if have is wanted else Missing.of(yes if wanted else no, name=name)

    return look


def _same(code: str, have: Callable[[Document], object]) -> Callable[[Document, str, Any], Any]:
    def look(document: Document, name: str, wanted: Any) -> Missing | None:
        value = have(document)
        if value == wanted:
            return None
        return Missing.of(code, name=name, have="–" if value in ("", 0) else value, wanted=wanted)

    return look


def _memory(document: Document, name: str, wanted: str) -> Missing | None:
    have = int(document["HostConfig"]["Memory"])
    if have == size(wanted):
        return None
    shown = f"{have / (1 << 20):.0f}m" if have else "–"
    return Missing.of("memory", name=name, have=shown, wanted=wanted)


def _cpus(document: Document) -> float:
    host = document["HostConfig"]
    if host.get("NanoCpus"):
        return round(int(host["NanoCpus"]) / 1e9, 3)
    period = int(host.get("CpuPeriod") or 100_000)
    return round(int(host.get("CpuQuota") or 0) / period, 3)


def _restart(document: Document) -> str:
    policy = document["HostConfig"]["RestartPolicy"]
    name, most = str(policy["Name"] or "no"), int(policy.get("MaximumRetryCount") or 0)
    return f"{name}:{most}" if most else name


def _detached(document: Document, name: str, wanted: bool) -> Missing | None:
    config = document["Config"]
    have = not (config["AttachStdin"] or config["AttachStdout"] or config["AttachStderr"])
    if have is wanted:
        return None
    return Missing.of("not-detached" if wanted else "detached", name=name)


def _capabilities(document: Document, name: str, wanted: list[str]) -> Missing | None:
    dropped = document["HostConfig"]["CapDrop"] or []
    have = {str(each).upper().removeprefix("CAP_") for each in dropped}
    for each in wanted:
        if each.upper().removeprefix("CAP_") not in have:
            return Missing.of("cap-kept", name=name, wanted=each)
    return None


def words(text: str) -> list[str]:
    """The words of a command line."""
    return shlex.split(text)


def command_problem(code: str, name: str, have: list[str] | None, wanted: str) -> Missing | None:
    """Whether a command has the wanted words."""
    given = [str(each) for each in have or []]
    if given in (words(wanted), ["/bin/sh", "-c", wanted]):
        return None
    return Missing.of(code, name=name, have=shlex.join(given) or "–", wanted=wanted)


def _command(document: Document, name: str, wanted: str) -> Missing | None:
    return command_problem("command", name, document["Config"]["Cmd"], wanted)


def _entrypoint(document: Document, name: str, wanted: str) -> Missing | None:
    return command_problem("entrypoint", name, document["Config"]["Entrypoint"], wanted)


def _network(document: Document, name: str, wanted: str) -> Missing | None:
    have = [str(each) for each in document["NetworkSettings"]["Networks"] or {}]
    if wanted in have:
        return None
    return Missing.of("network", name=name, have=", ".join(have) or "–", wanted=wanted)


_FIELDS: dict[str, Callable[[Document, str, Any], Missing | None]] = {
    "running": _running,
    "paused": _flag(("State", "Paused"), "not-paused", "paused"),
    "exit_code": _exit_code,
    "user": _same("user", lambda document: str(document["Config"]["User"])),
    "tty": _flag(("Config", "Tty"), "no-tty", "has-tty"),
    "stdin_open": _flag(("Config", "OpenStdin"), "no-stdin", "has-stdin"),
    "detached": _detached,
    "memory": _memory,
    "cpus": _same("cpus", _cpus),
    "pids": _same("pids", lambda document: int(document["HostConfig"]["PidsLimit"] or 0)),
    "network": _network,
    "hostname": _same("hostname", lambda document: str(document["Config"]["Hostname"])),
    "workdir": _same("workdir", lambda document: str(document["Config"]["WorkingDir"] or "/")),
    "restart": _same("restart", _restart),
    "read_only": _flag(("HostConfig", "ReadonlyRootfs"), "not-read-only", "read-only"),
    "cap_drop": _capabilities,
    "entrypoint": _entrypoint,
    "command": _command,
    "auto_remove": _flag(("HostConfig", "AutoRemove"), "not-auto-removed", "auto-removed"),
}
