"""An engine that answers from a dictionary: each kind of wrong answer is had at once."""

from __future__ import annotations

import copy
from typing import Any, cast

from playground.checks.facts import Facts
from playground.runtime.errors import NotInEngine
from playground.runtime.sandbox import Sandbox

WEB = "c" * 64
NGINX, MINE = "sha256:" + "a" * 64, "sha256:" + "b" * 64

#: A container as ``docker inspect`` shows it, cut to what checks look at. It is what
#: ``docker run -d --name web -p 8080:80 -v data:/srv:ro -e COLOUR=red -m 64m … nginx`` makes.
CONTAINER: dict[str, Any] = {
    "Id": WEB,
    "Name": "/web",
    "Image": NGINX,
    "State": {"Status": "running", "Running": True, "Paused": False, "ExitCode": 0},
    "Mounts": [
        {"Type": "volume", "Name": "data", "Source": "/x", "Destination": "/srv", "RW": False},
        {"Type": "bind", "Source": "/root/site", "Destination": "/html", "RW": True},
    ],
    "Config": {
        "Image": "nginx",
        "Env": ["COLOUR=red", "EMPTY=", "PATH=/bin"],
        "User": "1000:1000",
        "Tty": True,
        "OpenStdin": True,
        "AttachStdin": False,
        "AttachStdout": False,
        "AttachStderr": False,
        "Hostname": "box",
        "WorkingDir": "/work",
        "Cmd": ["sleep", "a b"],
        "Entrypoint": ["/entry", "-x"],
    },
    "HostConfig": {
        "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]},
        "PublishAllPorts": False,
        "Memory": 64 << 20,
        "NanoCpus": 500_000_000,
        "PidsLimit": 50,
        "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3},
        "ReadonlyRootfs": True,
        "CapDrop": ["CAP_CHOWN"],
        "AutoRemove": True,
    },
    "NetworkSettings": {
        "Networks": {"back": {}},
        "Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]},
    },
}

#: Two images: ``mine`` has two layers on those of ``nginx``.
IMAGES: dict[str, dict[str, Any]] = {
    NGINX: {
        "Id": NGINX,
        "RepoTags": ["nginx:latest"],
        "RootFS": {"Layers": ["sha256:1", "sha256:2"]},
        "Config": {"Cmd": ["nginx"]},
        "Size": 10 << 20,
        "GraphDriver": {"Data": {"UpperDir": "/l/2", "LowerDir": "/l/1"}},
    },
    MINE: {
        "Id": MINE,
        "RepoTags": ["mine:v1"],
        "RootFS": {"Layers": ["sha256:1", "sha256:2", "sha256:3", "sha256:4"]},
        "Config": {
            "User": "nobody",
            "WorkingDir": "/app",
            "Env": ["MODE=fast"],
            "ExposedPorts": {"80/tcp": {}},
            "Cmd": ["/bin/sh", "-c", "echo $HOME"],
            "Entrypoint": ["python3"],
        },
        "Size": 30 << 20,
        "GraphDriver": {"Data": {"UpperDir": "/l/4", "LowerDir": "/l/3:/l/2:/l/1"}},
    },
}


def answers() -> dict[str, Any]:
    """What the engine answers, by path; each test has its own to change."""
    return {
        "/containers/json": [{"Id": WEB, "State": "running"}],
        f"/containers/{WEB}/json": copy.deepcopy(CONTAINER),
        f"/containers/{WEB}/changes": [{"Path": "/root/note", "Kind": 1}],
        f"/containers/{WEB}/top": {"Processes": [["1", "nginx: master"], ["2", "sleep 600"]]},
        f"/containers/{WEB}/logs": b"\x01\0\0\0\0\0\0\x06hello\n\x02\0\0\0\0\0\0\x06world\n",
        "/images/json": [
            {"Id": each["Id"], "RepoTags": each["RepoTags"]} for each in IMAGES.values()
        ],
        **{f"/images/{key.replace(':', '%3A')}/json": copy.deepcopy(IMAGES[key]) for key in IMAGES},
        f"/images/{MINE.replace(':', '%3A')}/history": [{"CreatedBy": "COPY hello /hello"}],
        "/volumes": {"Volumes": [{"Name": "data"}]},
        "/networks": [{"Name": "back", "Id": "n1"}],
        "/networks/n1": {"Name": "back", "Containers": {WEB: {"Name": "web"}}},
    }


class Engine:
    """Stands for the sandbox: it only has an engine."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.said = said
        self.asked: list[str] = []

    def engine_get(self, path: str, seconds: float = 10.0) -> Any:
        """As ``Sandbox.engine_get``."""
        self.asked.append(path)
        known = path.partition("?")[0]
        if known not in self.said:
            raise NotInEngine(f"The engine has no {path}")
        answer = self.said[known]
        if isinstance(answer, Exception):
            raise answer
        return answer


class EngineFacts(Facts):
    """Facts from a dictionary, files too."""

    def __init__(self, said: dict[str, Any], files: dict[str, bytes] | None = None) -> None:
        self.engine = Engine(said)
        self.files = files or {}
        super().__init__(cast(Sandbox, self.engine))

    def _raw(self, path: str, limit: int = 0) -> bytes:
        answer: bytes = self.engine.engine_get(path)
        return answer

    def host_file(self, path: str) -> bytes | None:
        """A file of the host."""
        return self.files.get(path.lstrip("/"))
