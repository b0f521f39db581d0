"""What the page of the catalogue shows: images, builds, catalogues."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.utils.translation import get_language

from playground.operators.catalogue import builds
from playground.operators.catalogue.recipes import Draft
from playground.operators.models import CatalogueImage
from playground.operators.tasks import SAID
from playground.runtime.catalogue import rollout, store
from playground.runtime.config import RuntimeConfig
from playground.sandboxes.asking import ask_node


def images() -> list[dict[str, Any]]:
    """The images of the catalogue in use and those that the next one has beside them.

    ``standing`` says what the next roll-out does: ``""`` (nothing), ``new``, ``changed``, ``goes``.
    """
    config = RuntimeConfig.from_environ()
    found = store.find(config)
    about = rollout.current(config)
    built = about.images if about else {}
    wanted = {each.name: each for each in CatalogueImage.objects.prefetch_related("files")}
    rows = []
    for image in found.images() if found else []:
        name = image["name"]
        standing = ""
        if name in built:
            mine = wanted.pop(name, None)
            standing = "goes" if mine is None else _changed(mine, built[name])
        rows.append({**image, "own": name in built, "standing": standing})
    rows += [
        {"name": each.name, "tags": each.tags, "own": True, "standing": "new"}
        for each in wanted.values()
    ]
    language = (get_language() or "en")[:2]
    editable = set(CatalogueImage.objects.values_list("name", flat=True))
    for row in rows:
        row["editable"] = row["name"] in editable
        row["summary"] = row.get("summary", {}).get(language, "")
    return sorted(rows, key=lambda row: (not row["own"], row["name"]))


def _changed(image: CatalogueImage, digest: str) -> str:
    return "" if Draft.of(image).digest() == digest else "changed"


def catalogues() -> list[dict[str, Any]]:
    """All that this site can use: those of the operators, and the checkout's own."""
    config = RuntimeConfig.from_environ()
    used = users()
    in_use = store.in_use(config)
    rows = [
        _row(store.Catalogue(store.path(config, each.key)), each.made, in_use, used, about=each)
        for each in rollout.kept(config)
    ]
    if own := store.built(config, store.own_key()):
        rows.append(_row(own, (own.root / "index.json").stat().st_mtime, in_use, used))
    return rows


def _row(
    catalogue: store.Catalogue,
    made: float,
    in_use: str,
    used: dict[str, int] | None,
    about: rollout.About | None = None,
) -> dict[str, Any]:
    sandboxes = None if used is None else used.get(catalogue.key, 0)
    is_used = catalogue.key == in_use
    return {
        "key": catalogue.key,
        "made": datetime.fromtimestamp(made, timezone.utc),
        "bytes": catalogue.bytes,
        "images": len(catalogue.images()),
        "in_use": is_used,
        "own": about is None,
        "sandboxes": sandboxes,
        "can_use": not is_used and (about is None or about.fits),
        "can_go": not is_used and about is not None and sandboxes == 0,
    }


def users() -> dict[str, int] | None:
    """How many sandboxes have which catalogue, by key; ``None`` if the hub does not answer."""
    looked = async_to_sync(ask_node)()
    if looked is None:
        return None
    found: dict[str, int] = {}
    for each in looked["sandboxes"].values():
        found[each["catalogue"]] = found.get(each["catalogue"], 0) + 1
    return found


def build() -> dict[str, Any] | None:
    """The newest build."""
    if (found := builds.latest()) is None:
        return None
    return {
        "id": found.pk,
        "state": found.state,
        "refresh": found.refresh,
        "by": str(found.by or ""),
        "started": found.started.isoformat(),
        "seconds": int(((found.ended or found.seen) - found.started).total_seconds()),
        "lines": found.lines,
        "error": found.error,
        "stopping": found.stop,
    }


def said() -> str:
    """What went wrong lately with using or removing a catalogue."""
    return str(cache.get(SAID, ""))
