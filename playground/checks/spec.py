"""What a check asks for, as a lesson declares it.

A check is a table with one or more kinds (``container``, ``image``, ``file`` …); it holds when all
of them do. A field that is left out is not looked at. The lesson format's documentation and its
JSON schema are made from these classes.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$")]
REFERENCE = re.compile(r"^[a-z0-9][A-Za-z0-9._/:@-]{0,200}$")
Reference = Annotated[str, StringConstraints(pattern=REFERENCE.pattern)]
AbsolutePath = Annotated[str, StringConstraints(pattern=r"^/[^\x00]{0,1000}$")]
#: Bytes as Docker takes them: ``512m``.
Size = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)?[bkmgBKMG]?$")]
Port = Annotated[int, Field(ge=1, le=65535)]
#: ``8080:80``, ``127.0.0.1:8080:80/udp``, ``*:80`` for any host port.
Published = Annotated[
    str,
    StringConstraints(pattern=r"^(([0-9.]+|\[[0-9a-f:]+\]):)?([0-9]+|\*):[0-9]+(/(tcp|udp))?$"),
]
#: ``data:/srv``, ``/root/site:/usr/share/nginx/html:ro``, ``*:/data`` for any source.
MountText = Annotated[str, StringConstraints(pattern=r"^[^:]+:/[^:]*(:ro|:rw)?$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Container(_Table):
    """A container of the engine's. Without ``name``, any container that fits will do."""

    name: Name | None = Field(None, description="Its name.")
    image: Reference | None = Field(
        None, description="The image it was made from; without a tag, any tag."
    )
    exists: bool = Field(True, description="`false`: no container that fits the rest is there.")
    count: int = Field(1, ge=1, le=50, description="At least so many containers that fit.")
    running: bool | None = Field(None, description="Whether it runs.")
    paused: bool | None = Field(None, description="Whether it is paused.")
    exit_code: int | None = Field(None, description="The code it ended with.")
    env: dict[str, str] | None = Field(
        None, description='Environment variables; `"*"` stands for any value that is not empty.'
    )
    user: str | None = Field(None, description="The user it was started as, as `-u` has it.")
    tty: bool | None = Field(None, description="Whether it has a terminal (`-t`).")
    stdin_open: bool | None = Field(None, description="Whether its input is kept open (`-i`).")
    detached: bool | None = Field(None, description="Whether it was started in the background.")
    ports: list[Published] | None = Field(
        None, description='Published ports: `"8080:80"`; `"*:80"` for any port of the host.'
    )
    mounts: list[MountText] | None = Field(
        None, description='Volumes and folders: `"data:/srv"`, `"/root/site:/html:ro"`, `"*:/x"`.'
    )
    memory: Size | None = Field(None, description="The limit that `-m` sets.")
    cpus: float | None = Field(None, gt=0, description="The limit that `--cpus` sets.")
    pids: int | None = Field(None, ge=1, description="The limit that `--pids-limit` sets.")
    network: Name | None = Field(None, description="A network it is attached to.")
    hostname: str | None = Field(None, description="Its host name (`-h`).")
    workdir: AbsolutePath | None = Field(None, description="Its working directory (`-w`).")
    restart: str | None = Field(
        None, description="Its restart policy: `always`, `unless-stopped`, `on-failure:3`."
    )
    read_only: bool | None = Field(None, description="Whether its root is read-only.")
    cap_drop: list[str] | None = Field(None, description="Capabilities taken away.")
    entrypoint: str | None = Field(None, description="Its entrypoint, as words.")
    command: str | None = Field(
        None, description="Its command, as words, quoted as a shell has them: `sleep 600`."
    )
    auto_remove: bool | None = Field(None, description="Whether it goes when it ends (`--rm`).")
    logs: Text | None = Field(None, description="A text that its log has.")
    changed: list[AbsolutePath] | None = Field(
        None, description="Paths that differ from its image (`docker diff`)."
    )
    process: Text | None = Field(None, description="A text that its list of processes has.")


class Image(_Table):
    """An image of the engine's."""

    tag: Reference = Field(description="Its name, with or without a tag.")
    exists: bool = Field(True, description="`false`: there is no such image.")
    parent: Reference | None = Field(None, description="An image whose layers it begins with.")
    layers: int | None = Field(None, ge=0, description="How many layers it has beyond its parent.")
    layer_contains: AbsolutePath | None = Field(
        None, description="A file in one of its layers beyond its parent."
    )
    instruction: Text | None = Field(None, description="A text that its history has.")
    size_below: Size | None = Field(None, description="It is smaller than this.")
    env: dict[str, str] | None = Field(None, description="Environment variables, as above.")
    user: str | None = Field(None, description="The user that its containers start as.")
    workdir: AbsolutePath | None = Field(None, description="Its working directory.")
    exposes: list[Port] | None = Field(None, description="TCP ports that it exposes.")
    command: str | None = Field(None, description="Its command, as words.")
    entrypoint: str | None = Field(None, description="Its entrypoint, as words.")


class Volume(_Table):
    """A volume of the engine's."""

    name: Name = Field(description="Its name.")
    exists: bool = Field(True, description="`false`: there is no such volume.")


class Network(_Table):
    """A network of the engine's."""

    name: Name = Field(description="Its name.")
    exists: bool = Field(True, description="`false`: there is no such network.")
    containers: list[Name] | None = Field(None, description="Containers attached to it.")


class File(_Table):
    """A file on the host, in a container (also a stopped one) or in a volume."""

    path: AbsolutePath = Field(description="Where it is; in a volume, from the volume's top.")
    container: Name | None = Field(None, description="The container that it is in.")
    volume: Name | None = Field(None, description="The volume that it is in.")
    exists: bool = Field(True, description="`false`: there is no such file.")
    contains: Text | None = Field(None, description="A text in its first 64 kB.")

    @model_validator(mode="after")
    def _one_place(self) -> File:
        if self.container and self.volume:
            raise ValueError("a file is in a container or in a volume, not in both")
        return self


class Http(_Table):
    """A published port answers, asked from the host."""

    port: Port = Field(description="The host's port.")
    path: str = Field("/", pattern=r"^/[^\s\x00]{0,500}$", description="What is asked for.")
    status: int = Field(200, ge=100, le=599, description="The status of the answer.")
    contains: Text | None = Field(None, description="A text in the answer's first 64 kB.")


class Typed(_Table):
    """A command line typed at the host's prompt, looked at as its program understands it."""

    docker: str | None = Field(
        None,
        pattern=r"^[a-z]+( [a-z]+)*$",
        description='A command of docker\'s: `"run"`, `"image ls"`; short forms count too.',
    )
    program: Name | None = Field(None, description="Another program's name.")
    options: dict[str, str | bool] = Field(
        default_factory=dict,
        description="Options by their long name; `true` where only its being there counts.",
    )
    without: list[str] = Field(
        default_factory=list, description="Options, by their long name, that must not be there."
    )
    arguments: list[str] = Field(
        default_factory=list, description="What comes after the options must begin with these."
    )
    exit_code: int | None = Field(None, description="The exit code it came back with.")

    @model_validator(mode="after")
    def _one_program(self) -> Typed:
        if (self.docker is None) == (self.program is None):
            raise ValueError("a command names `docker` or `program`, one of them")
        return self


class Script(_Table):
    """A shell script on the host that ends with 0; for what no other kind can say."""

    run: str = Field(min_length=1, max_length=4000, description="The script, for `sh`.")
    says: dict[str, Text] = Field(
        default_factory=dict, description="What is missing when it fails, by language."
    )


class Check(_Table):
    """All of these kinds must hold."""

    container: Container | list[Container] | None = None
    image: Image | list[Image] | None = None
    volume: Volume | list[Volume] | None = None
    network: Network | list[Network] | None = None
    file: File | list[File] | None = None
    http: Http | list[Http] | None = None
    command: Typed | None = None
    script: Script | None = None

    @model_validator(mode="before")
    @classmethod
    def _not_empty(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data:
            raise ValueError("a check that asks for nothing cannot fail")
        return data

    def parts(self) -> list[Part]:
        """Its kinds, one by one."""
        found: list[Part] = []
        for name in type(self).model_fields:
            value = getattr(self, name)
            if value is not None:
                found += value if isinstance(value, list) else [value]
        return found


Part = Container | Image | Volume | Network | File | Http | Typed | Script


def cannot_fail(check: Check) -> str:
    """Why a check holds in a fresh sandbox whatever the student does, ``""`` if it may fail."""
    for part in check.parts():
        if isinstance(part, (Container, Image, Volume, Network, File)) and part.exists:
            continue
        if isinstance(part, Script) and part.run.split() in (["true"], ["exit", "0"], [":"]):
            return "its script always ends with 0"
    return ""
