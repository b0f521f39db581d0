"""What the value of an option says: ``-p 8080:80`` is a way from one port to another."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from playground.dockerline import reference
from playground.dockerline.command import Option
from playground.dockerline.reference import Mount, Port


def of(option: Option) -> str:
    """A sentence about the option's value; ``""`` where there is nothing to say."""
    if option.value is None:
        return ""
    if option.spec and not option.spec.takes_value:
        return "" if option.is_on else _("Switched off, as if it were not there.")
    words = _WORDS.get(option.name)
    return words(option.value) if words else ""


def _port(value: str) -> str:
    found = reference.port(value)
    if found is None and "$" in value:  # the shell's: what it will be is not known here
        return ""
    if found is None:
        return _("This is no port. The form is [address:]host:container, such as 8080:80.")
    facts = {"host": found.host, "container": found.container}
    if not found.host:
        sentence = _(
            "A free port of the host, which Docker picks, leads to port %(container)s of "
            "the container."
        )
    elif found.is_range:
        sentence = _(
            "Ports %(host)s of the host lead to ports %(container)s of the container, one each."
        )
    else:
        sentence = _("Port %(host)s of the host leads to port %(container)s of the container.")
    return " ".join([sentence % facts, *_about_port(found)])


def _about_port(found: Port) -> list[str]:
    said = []
    if found.address in ("127.0.0.1", "[::1]"):
        said.append(_("Only the host itself can use it, as its address is %(address)s."))
    elif found.address and found.address != "0.0.0.0":  # noqa: S104 - only compared
        said.append(_("It is open on the host's address %(address)s only."))
    if found.protocol != "tcp":
        said.append(_("The protocol is %(protocol)s; without it, TCP."))
    facts = {"address": found.address.strip("[]"), "protocol": found.protocol.upper()}
    return [sentence % facts for sentence in said]


def _volume(value: str) -> str:
    found = reference.volume(value)
    if found is None:
        return _("This is no mount. The form is outside:/inside, such as data:/srv.")
    return _mounted(found)


def _mount(value: str) -> str:
    found = reference.mount(value)
    if found is None:
        return _("A target is missing: type=…,source=…,target=/inside.")
    return _mounted(found)


def _mounted(found: Mount) -> str:
    facts = {"source": found.source, "target": found.target, "kind": found.kind}
    if found.kind == "bind":
        sentence = _(
            "The host's %(source)s is seen at %(target)s in the container: the same files, no copy."
        )
    elif found.kind == "tmpfs":
        sentence = _("A folder in memory at %(target)s; what is in it goes with the container.")
    elif found.kind == "volume" and found.source:
        sentence = _(
            "The volume %(source)s, made if it is not there, is seen at %(target)s in the "
            "container. It outlives the container."
        )
    elif found.kind == "volume":
        sentence = _("A new volume without a name is seen at %(target)s in the container.")
    else:
        sentence = _("A mount of the kind %(kind)s at %(target)s.")
    said = [sentence % facts]
    if found.read_only:
        said.append(_("The container can only read it."))
    return " ".join(said)


def _env(value: str) -> str:
    name, equals, text = value.partition("=")
    if equals and text:
        return _("The variable %(name)s has the value %(value)s.") % {"name": name, "value": text}
    if equals:
        return _("The variable %(name)s is there and empty.") % {"name": name}
    return _(
        "The variable %(name)s gets the value that it has in your own shell; if it has "
        "none there, it has none in the container."
    ) % {"name": name}


def _label(value: str) -> str:
    name, _equals, text = value.partition("=")
    return _("The label %(name)s has the value %(value)s.") % {"name": name, "value": text or "''"}


def _user(value: str) -> str:
    user, _colon, group = value.partition(":")
    if user in ("root", "0"):
        return _("The program runs as root, the user number 0 of the container.")
    if user.isdigit():
        sentence = _(
            "The program runs as the user number %(user)s, whether or not it has a name in "
            "the image."
        )
    else:
        sentence = _("The program runs as the user %(user)s, whom the image must know.")
    said = [sentence % {"user": user}]
    if group:
        said.append(_("Its group is %(group)s.") % {"group": group})
    return " ".join(said)


def _size(value: str) -> str:
    if value == "-1":
        return _("No limit.")
    count = reference.size(value)
    if count is None:
        return _("This is no size. Write a number and b, k, m or g, such as 512m.")
    return _("%(count)s bytes.") % {"count": f"{count:,}"}


def _cpus(value: str) -> str:
    try:
        share = round(float(value) * 100)
    except (ValueError, OverflowError):
        return ""
    return _("At most %(share)s %% of one processor's time.") % {"share": share}


def _network(value: str) -> str:
    sentences = {
        "bridge": _("The network that every container has anyway. On it names are not found."),
        "host": _(
            "No network of its own: the container uses the host's ports directly, and -p "
            "has no effect."
        ),
        "none": _("No network but the loopback: nothing goes in or out."),
    }
    if value.startswith("container:"):
        other = value.partition(":")[2]
        return _("The network of the container %(name)s, its address and ports included.") % {
            "name": other
        }
    own = _("The network %(name)s, which must be there: docker network create %(name)s.")
    name = value.partition(",")[0].rpartition("=")[2]
    return sentences.get(value) or own % {"name": name}


def _restart(value: str) -> str:
    policy, colon, most = value.partition(":")
    if policy == "on-failure" and colon:
        return _("Started again when it ends with an error, %(most)s times at most.") % {
            "most": most
        }
    return {
        "no": _("Never started again by itself."),
        "on-failure": _("Started again whenever it ends with an error."),
        "always": _("Started again whenever it ends, and when the engine starts."),
        "unless-stopped": _("Started again whenever it ends, unless you have stopped it."),
    }.get(policy, _("This is no restart policy: no, on-failure, always, unless-stopped."))


def _pull(value: str) -> str:
    return {
        "always": _("Asks the registry every time, also if the image is here."),
        "missing": _("Fetched only if the image is not here."),
        "never": _("Not fetched; if the image is not here, that is an error."),
    }.get(value, _("One of always, missing, never."))


def _host_name(value: str) -> str:
    name, _colon, address = value.partition(":")
    return _("The name %(name)s leads to %(address)s.") % {"name": name, "address": address}


def _space(value: str) -> str:
    if value == "host":
        return _("That of the host: this part of the container is not kept apart.")
    if value.startswith("container:"):
        return _("That of the container %(name)s.") % {"name": value.partition(":")[2]}
    return ""


def _name(value: str) -> str:
    return _("From now on: docker logs %(name)s, docker stop %(name)s.") % {"name": value}


def _entrypoint(value: str) -> str:
    if not value:
        return _("Empty: the image's ENTRYPOINT is left out.")
    return _("%(program)s is started first.") % {"program": value}


_WORDS: dict[str, Callable[[str], str]] = {
    "add-host": _host_name,
    "cpus": _cpus,
    "entrypoint": _entrypoint,
    "env": _env,
    "ipc": _space,
    "label": _label,
    "memory": _size,
    "memory-reservation": _size,
    "memory-swap": _size,
    "mount": _mount,
    "name": _name,
    "network": _network,
    "pid": _space,
    "publish": _port,
    "pull": _pull,
    "restart": _restart,
    "shm-size": _size,
    "user": _user,
    "userns": _space,
    "uts": _space,
    "volume": _volume,
}
