"""What an engine has, for the list beside the terminal: images with their layers, containers."""

from __future__ import annotations

from typing import Any

from playground.hub import limits_view
from playground.runtime.catalogue.builder import layers_of
from playground.runtime.sandbox import Sandbox

#: More than this and the list says that it is cut: an engine may hold any number of names.
_MOST = 60
_TEXT = 300


def snapshot(sandbox: Sandbox) -> dict[str, Any]:
    """Return images, containers and usage as plain, bounded data. Never raises for a bad engine."""
    return {**_engine(sandbox), "usage": limits_view.view(sandbox)}


def _engine(sandbox: Sandbox) -> dict[str, Any]:
    try:
        images = sandbox.engine_get("/images/json")
        containers = sandbox.engine_get("/containers/json?all=1")
        return {
            "images": [_image(sandbox, image) for image in images[:_MOST]],
            "containers": [_container(container) for container in containers[:_MOST]],
            "cut": len(images) > _MOST or len(containers) > _MOST,
        }
    except limits_view.BAD_SHAPE as error:
        return {"error": f"The engine does not answer ({type(error).__name__})."}


_described: dict[tuple[str, str], list[dict[str, Any]]] = {}


def _layers(sandbox: Sandbox, image_id: str) -> list[dict[str, Any]]:
    """The layers of an image; an id never means another image, so they are kept."""
    key = (sandbox.id, image_id)
    if key not in _described:
        if len(_described) > 5000:
            _described.clear()
        facts = sandbox.engine_get(f"/images/{image_id}/json")
        history = sandbox.engine_get(f"/images/{image_id}/history")
        _described[key] = [
            {
                "digest": _text(layer["digest"])[:71],
                "size": int(layer["size"]),
                "created_by": _text(layer["created_by"]),
            }
            for layer in layers_of(facts, history)[:200]
        ]
    return _described[key]


def _image(sandbox: Sandbox, image: dict[str, Any]) -> dict[str, Any]:
    image_id = _text(image["Id"])
    return {
        "id": image_id,
        "tags": [_text(tag) for tag in (image["RepoTags"] or [])[:10]],
        "size": int(image["Size"]),
        "layers": _layers(sandbox, image_id),
    }


def _container(container: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": _text(container["Id"])[:12],
        "name": _text((container["Names"] or [""])[0]).lstrip("/"),
        "image": _text(container["Image"]),
        "state": _text(container["State"]),
    }


def _text(value: object) -> str:
    return str(value)[:_TEXT]
