"""What an engine has, asked once for each look and kept between looks where nothing changed.

All of it is the student's to choose; see :mod:`playground.runtime.engine`. Numbers of things are
bounded here, shapes by whoever reads them: :data:`engine.BAD_SHAPE` is what that can raise.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from playground.dockerline.reference import full_name
from playground.runtime import engine, inside
from playground.runtime.sandbox import Sandbox

#: More containers or images than this are not looked at.
_MOST = 200
#: Records of the build cache that are looked at; a build has a few dozen.
_CACHE = 2000
#: The first bytes of a file, a log or a page that are looked at.
READ = 64 << 10
_VOLUMES = "var/lib/docker/volumes"


class Facts:
    """One sandbox's engine, as it is now. Used in a thread; everything in it blocks."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._inspected: dict[str, dict[str, Any]] = {}
        self._images: dict[str, dict[str, Any]] = {}
        self._round: dict[str, Any] = {}

    def look_again(self) -> None:
        """Begin a look: lists are asked for anew."""
        self._round.clear()

    def forget(self, container: str = "") -> None:
        """A container has changed (any of them, without a name)."""
        if container:
            self._inspected.pop(container, None)
        else:
            self._inspected.clear()

    def containers(self) -> list[dict[str, Any]]:
        """The inspect documents of all containers, the newest first."""
        return list(self._once("containers", self._all_containers))

    def image(self, reference: str) -> dict[str, Any] | None:
        """An image's inspect document by its name, ``None`` if there is none."""
        wanted = full_name(reference)
        for each in self.images():
            if wanted in [full_name(str(tag)) for tag in each["RepoTags"] or []]:
                return self.image_by_id(str(each["Id"]))
        return None

    def images(self) -> list[dict[str, Any]]:
        """The list of all images."""
        return list(self._once("images", lambda: self._get("/images/json")[:_MOST]))

    def image_by_id(self, image_id: str) -> dict[str, Any]:
        """An image's inspect document; an id never means another one, so it is kept."""
        if image_id not in self._images:
            if len(self._images) > _MOST:
                self._images.clear()
            self._images[image_id] = self._get(f"/images/{quote(image_id)}/json")
        return self._images[image_id]

    def history(self, image_id: str) -> list[dict[str, Any]]:
        """How an image was made, the newest step first."""
        return list(self._get(f"/images/{quote(image_id)}/history"))[:_MOST]

    def volumes(self) -> list[str]:
        """The names of all volumes."""
        return [str(each["Name"]) for each in self.volume_documents()]

    def volume_documents(self) -> list[dict[str, Any]]:
        """All volumes."""
        found = self._once("volumes", lambda: self._get("/volumes")["Volumes"] or [])
        return list(found[:_MOST])

    def networks(self) -> list[dict[str, Any]]:
        """All networks."""
        return list(self._once("networks", lambda: self._get("/networks")))[:_MOST]

    def network(self, network_id: str) -> dict[str, Any]:
        """One network with its containers."""
        return dict(self._get(f"/networks/{quote(network_id)}"))

    def build_cache(self) -> list[dict[str, Any]]:
        """What the engine keeps of builds, that which runs now too."""
        return list(self._get("/system/df?type=build-cache")["BuildCache"] or [])[:_CACHE]

    def exec_command(self, exec_id: str) -> dict[str, Any]:
        """A process that ``docker exec`` started, as it was asked for."""
        return dict(self._get(f"/exec/{quote(exec_id)}/json")["ProcessConfig"])

    def logs(self, container_id: str) -> str:
        """The end of a container's log."""
        raw = self._raw(f"/containers/{quote(container_id)}/logs?stdout=1&stderr=1&tail=400")
        return _plain(raw).decode(errors="replace")

    def changes(self, container_id: str) -> set[str]:
        """The paths that differ from the container's image."""
        found = self._get(f"/containers/{quote(container_id)}/changes") or []
        return {str(each["Path"]) for each in found}

    def processes(self, container_id: str) -> str:
        """The command lines of a running container's processes."""
        found = self._get(f"/containers/{quote(container_id)}/top")
        return "\n".join(" ".join(map(str, row)) for row in found["Processes"][:_MOST])

    def container_file(self, container_id: str, path: str) -> bytes | None:
        """The beginning of a file in a container, ``None`` if there is none."""
        raw = self._raw(
            f"/containers/{quote(container_id)}/archive?path={quote(path, safe='')}",
            READ + (64 << 10),
        )
        try:
            archive = tarfile.open(fileobj=io.BytesIO(raw), mode="r|")  # noqa: SIM115
            member = archive.next()
            file = archive.extractfile(member) if member and member.isfile() else None
        except (tarfile.TarError, EOFError):
            return None
        return _all_there_is(file) if file else b""

    def host_file(self, path: str) -> bytes | None:
        """The beginning of a file of the host, ``None`` if there is none."""
        return inside.read_file(self.sandbox.pid, path.lstrip("/"), READ)

    def volume_file(self, volume: str, path: str) -> bytes | None:
        """The beginning of a file in a volume."""
        return self.host_file(f"{_VOLUMES}/{volume}/_data/{path.lstrip('/')}")

    def layer_has(self, image: dict[str, Any], path: str, beyond: int) -> bool:
        """Whether one of an image's layers above the lowest ``beyond`` has the path."""
        data = image["GraphDriver"]["Data"]
        # From top to base; each is /var/lib/docker/overlay2/<id>/diff.
        folders = [str(data["UpperDir"]), *str(data.get("LowerDir") or "").split(":")]
        own = [each for each in folders if each][: max(0, len(image["RootFS"]["Layers"]) - beyond)]
        return any(
            inside.exists(self.sandbox.pid, f"{folder}/{path}".replace("//", "/").lstrip("/"))
            for folder in own
        )

    def _all_containers(self) -> list[dict[str, Any]]:
        listed = self._get(f"/containers/json?all=1&limit={_MOST}")
        now = {str(each["Id"]): str(each["State"]) for each in listed}
        self._inspected = {key: doc for key, doc in self._inspected.items() if key in now}
        found = []
        for key, state in now.items():
            known = self._inspected.get(key)
            if known is None or known["State"]["Status"] != state:
                known = self._inspected[key] = self._get(f"/containers/{quote(key)}/json")
            found.append(known)
        return found

    def _once(self, name: str, ask: Callable[[], Any]) -> Any:
        if name not in self._round:
            self._round[name] = ask()
        return self._round[name]

    def _get(self, path: str) -> Any:
        return self.sandbox.engine_get(path)

    def _raw(self, path: str, limit: int = READ) -> bytes:
        return engine.get_raw(self.sandbox.pid, path, limit=limit)


def _plain(raw: bytes) -> bytes:
    """A log without the engine's frames: 8 bytes, stream and length, before each piece.

    Source: the Engine API's "attach" stream format. A container with a terminal has no frames.
    """
    if raw[:1] not in (b"\x00", b"\x01", b"\x02") or raw[1:4] != b"\0\0\0":
        return raw
    pieces, at = [], 0
    while at + 8 <= len(raw):
        size = int.from_bytes(raw[at + 4 : at + 8], "big")
        pieces.append(raw[at + 8 : at + 8 + size])
        at += 8 + size
    return b"".join(pieces)


def _all_there_is(file: Any) -> bytes:
    """A file of an archive that may be cut off."""
    pieces: list[bytes] = []
    with suppress(tarfile.TarError, EOFError):
        while piece := file.read(4096):
            pieces.append(piece)
            if sum(map(len, pieces)) >= READ:
                break
    return b"".join(pieces)
