"""What an engine is making just now: the steps of a build, the layers of a pull.

The event stream says nothing of either until it is over. A build's steps are in the engine's list
of its build cache, in use as long as the build lasts. Of a pull the engine tells nobody but the
client that asked: seen from outside are the files that it downloads layers to, without names or
final sizes, and each layer as soon as it is unpacked, with its digest.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from playground.checks.facts import Facts
from playground.hub.engine_state import Documents, text
from playground.runtime import inside

_DOCKER = "var/lib/docker"
_OVERLAYS, _TMP = f"{_DOCKER}/overlay2", f"{_DOCKER}/tmp"
_LAYERS = f"{_DOCKER}/image/overlay2/layerdb/sha256"
#: Documents of each kind at the most, and names in a folder that are looked at.
_MOST, _NAMES = 60, 4000
_RECORD = re.compile(r"[a-z0-9]{25}\Z")
_BLOB = re.compile(r"GetImageBlob\d{1,20}\Z")
_CHAIN = re.compile(r"[0-9a-f]{64}\Z")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
#: What the build cache also lists: the client's files.
_SOURCES = ("local source", "git source", "http source")
#: Where a stage begins.
_FROM = ("from ", "pulled from ")
#: Seconds for which a pull's last layers are kept, until the engine has the image.
_KEPT = 2.0


class UnderWay:
    """Looks at one sandbox again and again. Used in a thread; everything in it blocks."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._marks: tuple[int, ...] = ()
        self._building = False
        self._bases: dict[str, str] = {}
        self._links: dict[str, str] = {}
        #: The engine's layers when a pull was first seen, and when one was last seen.
        self._before: set[str] | None = None
        self._pulled = 0.0
        self._layers: dict[str, dict[str, Any]] = {}

    def read(self) -> Documents:
        """All that is being made, by key. May raise :data:`engine.BAD_SHAPE`.

        Costs three looks at folders' times where nothing is.
        """
        self._facts.look_again()
        marks = tuple(inside.changed(self._pid, each) for each in (_OVERLAYS, _TMP, _LAYERS))
        if marks == self._marks and not self._building and self._before is None:
            return {}
        self._marks = marks
        return {**self._build(), **self._pull()}

    @property
    def _pid(self) -> int:
        return self._facts.sandbox.pid  # another one after the host was started again

    def _build(self) -> Documents:
        found = self._facts.build_cache()
        used = {
            str(each["ID"]): each
            for each in found
            if each["InUse"]
            and _RECORD.match(str(each["ID"]))
            and not str(each["Description"]).startswith(_SOURCES)
        }
        self._building = bool(used)
        steps: Documents = {}
        for key, each in list(used.items())[:_MOST]:
            # The engine of this release says the word with a space before it.
            parents = each.get(" Parents") or each.get("Parents") or []
            parent = str(parents[0]) if parents and str(parents[0]) in used else ""
            steps[f"k:{key}"] = {
                "what": "base" if str(each["Description"]).startswith(_FROM) else "step",
                "id": key,
                "text": text(each["Description"]),
                "size": int(each["Size"]),
                "parent": parent,
                # A step at work has a folder of its record's name; finished it has another record.
                "running": inside.exists(self._pid, f"{_OVERLAYS}/{key}"),
                "base": "",
            }
        for key, step in steps.items():
            if step["running"]:
                self._find_base(key, steps)
        under = {step["parent"] for step in steps.values() if step["what"] == "step"}
        for key, step in list(steps.items()):
            if step["what"] == "base":
                step["base"] = self._bases.get(step["id"], "")
                if step["id"] not in under:  # a lower layer of an image on which a stage begins
                    del steps[key]
        return steps

    def _find_base(self, key: str, steps: Documents) -> None:
        """On which image a step at work stands: the one whose top layer its lower layers have."""
        depth, step = 0, steps[key]
        while (above := steps.get(f"k:{step['parent']}")) and depth <= _MOST:
            if above["what"] == "base":
                break
            depth, step = depth + 1, above
        if not above or above["what"] != "base" or above["id"] in self._bases:
            return
        lower = inside.read_file(self._pid, f"{_OVERLAYS}/{key[2:]}/lower", 16 << 10) or b""
        links = lower.decode(errors="replace").split(":")
        if len(links) <= depth:
            return
        for image in self._facts.images():
            if self._link(str(image["Id"])) == links[depth].removeprefix("l/"):
                if len(self._bases) > 1000:
                    self._bases.clear()
                self._bases[above["id"]] = text(image["Id"])
                return

    def _link(self, image_id: str) -> str:
        """The short name by which the engine links an image's top layer."""
        if image_id not in self._links:
            if len(self._links) > 1000:
                self._links.clear()
            upper = str(self._facts.image_by_id(image_id)["GraphDriver"]["Data"]["UpperDir"])
            path = f"{upper.removesuffix('/diff').lstrip('/')}/link"
            self._links[image_id] = (inside.read_file(self._pid, path, 64) or b"").decode(
                errors="replace"
            )
        return self._links[image_id]

    def _pull(self) -> Documents:
        now = time.monotonic()
        names = inside.names(self._pid, _TMP, _NAMES)
        blobs = sorted(name for name in names if _BLOB.match(name))[:_MOST]
        if blobs:
            self._pulled = now
        elif self._before is None or now - self._pulled > _KEPT:
            self._before = None
            self._layers.clear()
            return {}
        chains = {each for each in inside.names(self._pid, _LAYERS, _NAMES) if _CHAIN.match(each)}
        if self._before is None:
            self._before = chains
        for chain in sorted(chains - self._before - set(self._layers))[:_MOST]:
            if layer := self._layer(chain):
                self._layers[chain] = layer
        arriving: Documents = {layer["digest"]: layer for layer in self._layers.values()}
        for name in blobs:
            size = inside.size(self._pid, f"{_TMP}/{name}")
            if size is not None:
                arriving[f"a:{name}"] = {"what": "blob", "bytes": size}
        return arriving

    def _layer(self, chain: str) -> dict[str, Any] | None:
        digest, below, size = (
            self._word(f"{_LAYERS}/{chain}/{each}") for each in ("diff", "parent", "size")
        )
        if not _DIGEST.match(digest):
            return None
        if below:
            below = self._word(f"{_LAYERS}/{below.removeprefix('sha256:')}/diff")
        with suppress(ValueError):
            return {"what": "layer", "digest": digest, "below": text(below), "size": int(size)}
        return None

    def _word(self, path: str) -> str:
        return (inside.read_file(self._pid, path, 100) or b"").decode(errors="replace").strip()


def news(before: Mapping[str, Mapping[str, Any]], now: Documents) -> list[dict[str, Any]]:
    """What has been finished since, as events for the time line."""
    found = []
    for key, each in now.items():
        if each["what"] == "blob" or each.get("running") or key in before:
            continue
        if each["what"] == "step":
            found.append(_event("build", each["text"]))
        elif each["what"] == "layer":
            found.append(_event("pull", each["digest"]))
    return found


def _event(kind: str, name: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "action": "layer",
        "id": "",
        "name": name,
        "image": "",
        "container": "",
        "exit_code": "",
        "time": time.time(),
    }
