"""Questions about images, and their answers as plain, bounded data.

A question is an object with ``op`` and what that needs; an answer as JSON is below 4 MB.
Layers are numbered from the base, 0, up. Paths begin with ``/``; bytes in them that are no UTF-8
are lone surrogates, so that a path which came in an answer can be asked for.

=============  ====================================  =============================================
``op``         needs                                 answers
=============  ====================================  =============================================
``images``                                           ``images``, ``containers``
``tree``       ``image layer mode path offset``      ``entries`` of a folder, ``more``, ``total``
``search``     ``image layer mode text``             ``entries``, ``more``
``file``       ``image layer mode path``             ``text``, ``before``, ``diff``
``figures``    ``image``                             efficiency, waste, advice
``compare``    ``image``, ``other`` or ``stack``     what they share, what a pull would fetch
``stack``      ``image``                             its layers' digests and sizes
``container``  ``container offset``                  ``changes``, ``more``
``written``    ``container path``                    as ``file``, of a container's own layer
=============  ====================================  =============================================

The ``stack`` that one origin of images answers is the other side of another's ``compare``: so two
images of different origins are put side by side, with neither origin knowing of the other.
``mode`` is ``layer`` (what that layer itself has) or ``union`` (what one sees at that height).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from playground.layers import compare, entries, textdiff, union
from playground.layers.entries import Entry
from playground.layers.errors import LayersError
from playground.layers.image import Image
from playground.layers.library import Library, path_text
from playground.layers.union import Found, Union

_PAGE = 300
_MOST_FOUND = 200
#: Letters of paths and targets in one answer.
_MOST_LETTERS = 256 << 10
_MOST_TEXT = 200
_MOST_IMAGES = 100
#: Letters of all images' instructions in one answer.
_MOST_INSTRUCTIONS = 1 << 20
#: Instructions without a layer that are told of an image; Docker's builders write far fewer.
_MOST_SETTINGS = 200
#: A hard link of a hard link and so on ends somewhere, but not in a hostile archive.
_MOST_LINKS = 8


def answer(library: Library, question: object) -> dict[str, Any]:
    """Answer; raises :class:`LayersError` for what cannot be, and ``OSError``."""
    if not isinstance(question, dict):
        raise LayersError("question")
    op = _OPS.get(_text(question, "op"))
    if op is None:
        raise LayersError("question", "no such question")
    return op(library, question)


def _images(library: Library, _: dict[str, Any]) -> dict[str, Any]:
    images = library.images()
    shown: list[dict[str, Any]] = []
    letters = 0
    for each in images[:_MOST_IMAGES]:
        letters += sum(len(layer.created_by) for layer in each.layers)
        letters += sum(len(setting.created_by) for setting in each.settings)
        if shown and letters > _MOST_INSTRUCTIONS:
            break
        shown.append(_image(library, each, images))
    return {
        "images": shown,
        "containers": library.containers(),
        "more": len(images) > len(shown),
    }


def _image(library: Library, image: Image, images: list[Image]) -> dict[str, Any]:
    layers = []
    for number, layer in enumerate(image.layers):
        # The same digest on other layers is stored again: only a common base is shared.
        base = image.digests[: number + 1]
        shared = [o for o in images if o.id != image.id and o.digests[: number + 1] == base]
        layers.append(
            {
                "digest": layer.diff_id,
                "created_by": layer.created_by,
                "created": layer.created,
                "size": layer.size if layer.size >= 0 else library.known_size(image, number),
                "packed": layer.packed,
                "shared": [other.tags[0] if other.tags else other.id for other in shared[:20]],
            }
        )
    return {
        "id": image.id,
        "tags": list(image.tags),
        "platform": image.platform,
        "layers": layers,
        "settings": [vars(each) for each in image.settings[:_MOST_SETTINGS]],
    }


def _tree(library: Library, question: dict[str, Any]) -> dict[str, Any]:
    image, layer, is_union = _where(library, question)
    folder, offset = _path(question), _number(question, "offset")
    with library.union(image) as stack:
        index = stack.layers[layer]
        if is_union:
            everything = stack.children(folder, layer)
            page = _fitting(
                _seen(stack, found, layer) for found in everything[offset : offset + _PAGE]
            )
            more = len(everything) > offset + len(page)
        else:
            own = index.children(folder, offset, _PAGE + 1)
            page = _fitting(_own(stack, entry, layer) for entry in own[:_PAGE])
            more = len(own) > len(page)
        return {
            "entries": page,
            "more": more,
            "hidden": [] if is_union or offset else _hidden(stack, folder, layer),
            "truncated": _truncated(stack, layer, is_union),
            "refused": index.refused,
            "size": index.size,
        }


def _hidden(stack: Union, folder: bytes, layer: int) -> list[dict[str, Any]]:
    """What an opaque folder hides of the layers below and has not again itself."""
    index = stack.layers[layer]
    if entries.OPAQUE not in index.at(folder)[1]:
        return []
    below = stack.children(folder, layer - 1)[:_PAGE]
    gone = [found for found in below if not any(index.at(found.entry.path))]
    return _fitting(
        _entry(found.entry, found.layer)
        | {"change": union.REMOVED, "size": stack.hidden_bytes(found.entry.path, layer)}
        for found in gone
    )


def _search(library: Library, question: dict[str, Any]) -> dict[str, Any]:
    image, layer, is_union = _where(library, question)
    text = _text(question, "text").strip()
    if not text:
        raise LayersError("question")
    found: list[dict[str, Any]] = []
    with library.union(image) as stack:
        numbers = range(layer, -1, -1) if is_union else (layer,)
        for number in numbers:
            for entry in stack.layers[number].search(text, _MOST_FOUND + 1):
                if not is_union:
                    found.append(_own(stack, entry, number))
                elif _is_seen(stack, entry, number, layer):
                    found.append(_seen(stack, Found(entry, number), layer))
            if len(found) > _MOST_FOUND:
                break
        page = _fitting(found[:_MOST_FOUND])
        more = len(found) > len(page)
        page.sort(key=lambda each: str(each["path"]))
        return {"entries": page, "more": more, "truncated": _truncated(stack, layer, is_union)}


def _is_seen(stack: Union, entry: Entry, number: int, height: int) -> bool:
    if entry.is_mark:
        return False
    seen = stack.lookup(entry.path, height)
    return seen is not None and seen.layer == number


def _file(library: Library, question: dict[str, Any]) -> dict[str, Any]:
    image, layer, is_union = _where(library, question)
    path = _path(question)
    with library.union(image) as stack:
        seen = stack.lookup(path, layer)
        if seen is None or (not is_union and seen.layer != layer):
            raise LayersError("missing")
        before = stack.lookup(path, seen.layer - 1)
        data = _content(library, image, stack, seen)
        below = None
        if before and before.entry.kind in (entries.FILE, entries.HARDLINK):
            below = _content(library, image, stack, before)
        return {
            "entry": _seen(stack, seen, layer),
            "before": _entry(before.entry, before.layer) if before else None,
            **_texts(data, below),
        }


def _written(library: Library, question: dict[str, Any]) -> dict[str, Any]:
    path = _path(question)
    most = textdiff.MOST_BYTES + 1
    data, image = library.container_file(_text(question, "container"), path, most)
    with library.union(image) as stack:
        before = stack.lookup(path, len(stack.layers) - 1)
        below = None
        if before and before.entry.kind in (entries.FILE, entries.HARDLINK):
            below = _content(library, image, stack, before)
        return {
            "before": _entry(before.entry, before.layer) if before else None,
            **_texts(data, below),
        }


def _texts(data: bytes, below: bytes | None) -> dict[str, Any]:
    text = textdiff.text_of(data[: textdiff.MOST_BYTES])
    old = textdiff.text_of(below[: textdiff.MOST_BYTES]) if below is not None else None
    is_compared = text is not None and old is not None
    return {
        "text": text,
        "binary": text is None,
        "cut": max(len(data), len(below or b"")) > textdiff.MOST_BYTES,
        "diff": "\n".join(textdiff.unified(old or "", text or "")) if is_compared else None,
    }


def _content(library: Library, image: Image, stack: Union, found: Found) -> bytes:
    entry = found.entry
    for _ in range(_MOST_LINKS):
        if entry.kind != entries.HARDLINK:
            break
        target = entries.clean(entry.target)
        other = stack.layers[found.layer].get(target) if target else None
        if other is None:
            raise LayersError("missing")
        entry = other
    if entry.kind != entries.FILE:
        raise LayersError("kind")
    return library.read_file(image, found.layer, entry, textdiff.MOST_BYTES + 1)


def _figures(library: Library, question: dict[str, Any]) -> dict[str, Any]:
    image = library.find(_text(question, "image"))
    figures = library.figures(image)
    advice = [
        {
            **each,
            "instruction": image.layers[each["layer"]].created_by,
            "by_instruction": image.layers[each["by"]].created_by,
        }
        for each in figures.get("advice", [])
    ]
    return {**figures, "advice": advice}


def _stack(library: Library, question: dict[str, Any]) -> dict[str, Any]:
    layers = _measured(library, library.find(_text(question, "image")))
    return {"layers": [{"digest": digest, "size": size} for digest, size in layers]}


def _measured(library: Library, image: Image) -> list[tuple[str, int]]:
    """The digest of each layer with the bytes of its files."""
    with library.union(image) as stack:
        return [(d, i.size) for d, i in zip(image.digests, stack.layers, strict=True)]


def _compare(library: Library, question: dict[str, Any]) -> dict[str, Any]:
    first = _measured(library, library.find(_text(question, "image")))
    if "stack" in question:
        second = compare.given(question["stack"])
    else:
        second = _measured(library, library.find(_text(question, "other")))
    found = compare.compare(first, second)
    return {
        "shared": found.shared,
        "shared_bytes": sum(size for _, size in second[: found.shared]),
        "fetched": [{"layer": number, "size": second[number][1]} for number in found.fetched],
        "fetched_bytes": found.fetched_bytes,
        "total_bytes": found.total_bytes,
    }


def _container(library: Library, question: dict[str, Any]) -> dict[str, Any]:
    changes, cut = library.container_changes(_text(question, "container"))
    offset = _number(question, "offset")
    page = _fitting(
        {"change": change.kind, "origin": change.origin, **_entry(change.entry, None)}
        for change in changes[offset : offset + _PAGE]
    )
    return {
        "changes": page,
        "total": len(changes),
        "size": sum(c.entry.size for c in changes if c.kind != "D"),
        "more": len(changes) > offset + len(page),
        "truncated": cut,
    }


def _fitting(documents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many as an answer has room for, one at least: paths of 4 kB are a hostile layer's."""
    fitting: list[dict[str, Any]] = []
    length = 0
    for document in documents:
        length += len(document["path"]) + len(document["target"])
        if fitting and length > _MOST_LETTERS:
            break
        fitting.append(document)
    return fitting


def _own(stack: Union, entry: Entry, layer: int) -> dict[str, Any]:
    """An entry of a layer, with what it does to those below."""
    document = _entry(entry, layer) | {"change": stack.change(entry, layer)}
    if entry.kind == entries.WHITEOUT:
        document["size"] = stack.hidden_bytes(entry.path, layer)
    elif entry.kind == entries.DIRECTORY:
        document["size"], document["files"] = stack.layers[layer].below(entry.path)
        document["opaque"] = entries.OPAQUE in stack.layers[layer].at(entry.path)[1]
    return document


def _seen(stack: Union, found: Found, height: int) -> dict[str, Any]:
    """An entry as one sees it at a height; ``change`` is only told of that layer's own."""
    change = stack.change(found.entry, height) if found.layer == height else union.SAME
    return _entry(found.entry, found.layer) | {"change": change}


def _entry(entry: Entry, layer: int | None) -> dict[str, Any]:
    return {
        "path": path_text(entry.path),
        "kind": entry.kind,
        "size": entry.size,
        "mode": entry.mode,
        "uid": entry.uid,
        "gid": entry.gid,
        "mtime": entry.mtime,
        "target": os.fsdecode(entry.target),
        "layer": layer,
    }


def _truncated(stack: Union, layer: int, is_union: bool) -> bool:
    looked_at = stack.layers[: layer + 1] if is_union else [stack.layers[layer]]
    return any(index.truncated for index in looked_at)


def _where(library: Library, question: dict[str, Any]) -> tuple[Image, int, bool]:
    image = library.find(_text(question, "image"))
    layer = _number(question, "layer")
    mode = _text(question, "mode")
    if layer >= len(image.layers) or mode not in ("layer", "union"):
        raise LayersError("question")
    return image, layer, mode == "union"


def _text(question: dict[str, Any], key: str) -> str:
    value = question.get(key)
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise LayersError("question", f"{key} should be a short text")
    return value


def _number(question: dict[str, Any], key: str) -> int:
    value = question.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1 << 30:
        raise LayersError("question", f"{key} should be a number")
    return value


def _path(question: dict[str, Any]) -> bytes:
    value = question.get("path")
    if not isinstance(value, str) or not value.startswith("/") or len(value) > entries.MOST_PATH:
        raise LayersError("question", "path should begin with /")
    try:
        path = entries.clean(os.fsencode(value))
    except UnicodeEncodeError:  # surrogates that stand for no byte
        path = None
    if path is None:
        raise LayersError("missing")
    return path


_OPS: dict[str, Callable[[Library, dict[str, Any]], dict[str, Any]]] = {
    "images": _images,
    "tree": _tree,
    "search": _search,
    "file": _file,
    "figures": _figures,
    "compare": _compare,
    "stack": _stack,
    "container": _container,
    "written": _written,
}
