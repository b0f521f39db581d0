"""What an engine has, as plain bounded documents for the picture: containers, images, the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from playground.checks.facts import Facts
from playground.runtime.catalogue.builder import layers_of
from playground.runtime.errors import NotInEngine

#: More than this and the picture says that it is cut: an engine may hold any number of names.
MOST = 150
_TEXT, _LIST, _EXECS = 300, 40, 8

#: Control characters, and those that turn the direction of a text or hide in it.
_UNSEEN = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]"
)

Documents = dict[str, dict[str, Any]]


class EngineState:
    """Reads the state of one engine. Used in a thread; everything in it blocks."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._layers: dict[str, list[dict[str, Any]]] = {}
        self._commands: dict[str, dict[str, str]] = {}

    def read(self) -> dict[str, Documents]:
        """All there is, by kind and id. May raise :data:`facts.BAD_SHAPE`."""
        self.facts.look_again()
        return {
            "containers": {
                text(each["Id"])[:12]: container(each) | {"execs": self._execs(each)}
                for each in self.facts.containers()[:MOST]
            },
            "images": {text(each["Id"]): self._image(each) for each in self.facts.images()[:MOST]},
            "volumes": {
                text(each["Name"]): {"name": text(each["Name"]), "driver": text(each["Driver"])}
                for each in self.facts.volume_documents()[:MOST]
            },
            "networks": {
                text(each["Id"])[:12]: {"name": text(each["Name"]), "driver": text(each["Driver"])}
                for each in self.facts.networks()[:MOST]
            },
        }

    def _execs(self, document: Mapping[str, Any]) -> list[dict[str, str]]:
        """The processes that ``docker exec`` runs in a container now."""
        found = []
        for exec_id in [str(each) for each in document.get("ExecIDs") or []][:_EXECS]:
            if exec_id not in self._commands:
                if len(self._commands) > 1000:
                    self._commands.clear()
                try:
                    self._commands[exec_id] = process(self.facts.exec_command(exec_id))
                except NotInEngine:
                    continue  # it has just ended
            found.append(self._commands[exec_id])
        return found

    def _image(self, image: Mapping[str, Any]) -> dict[str, Any]:
        image_id = text(image["Id"])
        return {
            "id": image_id,
            "tags": [text(tag) for tag in (image["RepoTags"] or [])[:_LIST]],
            "size": int(image["Size"]),
            "created": int(image["Created"]),
            "layers": self._layers_of(image_id),
        }

    def _layers_of(self, image_id: str) -> list[dict[str, Any]]:
        """The layers of an image; an id never means another image, so they are kept."""
        if image_id not in self._layers:
            if len(self._layers) > 1000:
                self._layers.clear()
            facts, history = self.facts.image_by_id(image_id), self.facts.history(image_id)
            self._layers[image_id] = [
                {
                    "digest": text(layer["digest"])[:71],
                    "size": int(layer["size"]),
                    "created_by": text(layer["created_by"]),
                }
                for layer in layers_of(facts, history)[:MOST]
            ]
        return self._layers[image_id]


def container(document: Mapping[str, Any]) -> dict[str, Any]:
    """One container, from its inspect document."""
    config, host, state = document["Config"], document["HostConfig"], document["State"]
    return {
        "id": text(document["Id"])[:12],
        "name": text(document["Name"]).lstrip("/"),
        "image": text(config["Image"]),
        "image_id": text(document["Image"]),
        "state": text(state["Status"]),
        "exit_code": int(state["ExitCode"]),
        "health": _health(document),
        "oom": bool(state.get("OOMKilled")),
        "started": text(state["StartedAt"]),
        "finished": text(state["FinishedAt"]),
        "created": text(document["Created"]),
        "command": [text(each) for each in [document["Path"], *(document["Args"] or [])][:_LIST]],
        "user": text(config["User"]),
        "env": [text(each) for each in (config["Env"] or [])[:_LIST]],
        "tty": bool(config["Tty"]),
        "stdin_open": bool(config["OpenStdin"]),
        "workdir": text(config["WorkingDir"]),
        "hostname": text(config["Hostname"]),
        "memory": int(host["Memory"]),
        "cpus": round(int(host.get("NanoCpus") or 0) / 1e9, 3),
        "restart": text(host["RestartPolicy"]["Name"]),
        "auto_remove": bool(host["AutoRemove"]),
        "read_only": bool(host["ReadonlyRootfs"]),
        "privileged": bool(host["Privileged"]),
        "ports": _ports(document),
        "exposed": [text(each) for each in list(config.get("ExposedPorts") or {})[:_LIST]],
        "mounts": [
            {
                "type": text(each["Type"]),
                "name": text(each.get("Name") or ""),
                "source": text(each.get("Source") or ""),
                "target": text(each["Destination"]),
                "writable": bool(each.get("RW", True)),
            }
            for each in (document["Mounts"] or [])[:_LIST]
        ],
        "networks": [
            {"name": text(name), "address": text((end or {}).get("IPAddress") or "")}
            for name, end in list((document["NetworkSettings"]["Networks"] or {}).items())[:_LIST]
        ],
    }


def process(asked: Mapping[str, Any]) -> dict[str, str]:
    """A process of ``docker exec``, from what was asked for."""
    words = [asked["entrypoint"], *(asked["arguments"] or [])[:_LIST]]
    return {"command": text(" ".join(map(text, words))), "user": text(asked.get("user") or "")}


def _health(document: Mapping[str, Any]) -> dict[str, str]:
    """What a container's health check says, and its command: its events are no news."""
    test = (document["Config"].get("Healthcheck") or {}).get("Test") or []
    words = [text(each) for each in test[:_LIST]]
    shell = ["/bin/sh", "-c", *words[1:]] if words[:1] == ["CMD-SHELL"] else words[1:]
    state = (document["State"].get("Health") or {}).get("Status", "")
    return {"state": text(state), "command": text(" ".join(shell))}


def _ports(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The published ports, each once: IPv4 and IPv6 are the same pipe."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    ports = document["NetworkSettings"]["Ports"] or {}
    for inner, bindings in list(ports.items())[:_LIST]:
        for each in (bindings or [])[:_LIST]:
            number, _, protocol = text(inner).partition("/")
            key = (text(each["HostPort"]), text(inner))
            found.setdefault(
                key,
                {
                    "address": text(each.get("HostIp") or ""),
                    "host": int(each["HostPort"]),
                    "inner": int(number),
                    "protocol": protocol or "tcp",
                },
            )
    return list(found.values())


def event(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """An event of the engine's in the few words that the time line shows; ``None`` for noise."""
    actor = said.get("Actor")
    kind, action = text(said.get("Type", "")), text(said.get("Action", ""))
    attributes = actor.get("Attributes") if isinstance(actor, dict) else None
    if not isinstance(attributes, dict) or not kind or not action:
        return None
    time = said.get("timeNano")
    return {
        "kind": kind,
        "action": action,
        "id": text(actor.get("ID", ""))[:71] if isinstance(actor, dict) else "",
        "name": text(attributes.get("name", "")),
        "image": text(attributes.get("image", "")),
        "container": text(attributes.get("container", ""))[:12],
        "exit_code": text(attributes.get("exitCode", "")),
        "time": time / 1e9 if isinstance(time, int) else 0,
    }


def text(value: object) -> str:
    """Anything as a text of one line that is short and cannot rearrange what stands around it."""
    return _UNSEEN.sub("\ufffd", str(value)[:_TEXT].replace("\n", "\u21b5").replace("\t", " "))
