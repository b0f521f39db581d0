"""Images and their layers: the catalogue's, and those of one's own sandbox."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from playground.api import problems
from playground.api.access import caller, who_has
from playground.api.answers import answers
from playground.api.hub import ask_hub, unavailable
from playground.api.scopes import IMAGES_READ
from playground.sandboxes.models import Sandbox

router = Router(tags=["images"])

#: Seconds; the layers of a large image of one's own are read first.
_WITHIN = 60.0
Where = Annotated[
    Literal["catalogue", "mine"],
    Query(description="`catalogue`: what every sandbox begins with; `mine`: one's sandbox's."),
]
Name = Annotated[
    str, Query(min_length=1, max_length=200, description="A tag, as `busybox:latest`, or an id.")
]
Number = Annotated[int, Query(ge=0, le=1000, description="A layer, counted from the base, 0.")]


class LayerOut(Schema):
    """A layer of an image. Sizes are in bytes, unpacked; null where not known yet."""

    digest: str
    created_by: str
    size: int | None
    shared: list[str] = Field(description="Other images with the same layers up to this one.")


class ImageOut(Schema):
    """An image."""

    id: str
    tags: list[str]
    platform: str
    layers: list[LayerOut]


class EntryOut(Schema):
    """Something in a folder of a layer."""

    path: str
    kind: str
    size: int
    mode: int
    uid: int
    gid: int
    target: str
    change: str


class TreeOut(Schema):
    """A page of a folder."""

    entries: list[EntryOut]
    more: bool = Field(description="Whether there are more; ask again with a larger `offset`.")


def _ask(request: HttpRequest, where: str, question: dict[str, Any]) -> dict[str, Any]:
    purpose, sandbox_id = "catalogue", ""
    if where == "mine":
        student = caller(request).student
        row = Sandbox.objects.filter(owner=student, state=Sandbox.State.READY).first()
        if row is None:
            raise problems.missing("sandbox of yours", "POST /api/v1/sandboxes claims one.")
        purpose, sandbox_id = "layers", row.id
    answer = ask_hub(purpose, sandbox_id, {"id": 1, **question}, _WITHIN)
    if isinstance(found := answer.get("answer"), dict):
        return {key: _plain(each) for key, each in found.items()}
    if answer.get("error") in ("engine", "gone", "failed"):
        raise unavailable()
    raise problems.missing("image, layer or folder", "GET /api/v1/images lists the images.")


def _plain(value: Any) -> Any:
    """Names of files are bytes, and those that are no text are shown with a mark in them."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    return value


@router.get("", auth=who_has(IMAGES_READ), response=answers(list[ImageOut], 404, 503))
def images(request: HttpRequest, where: Where = "catalogue") -> list[dict[str, Any]]:
    """List images with their layers."""
    return [_image(each) for each in _ask(request, where, {"op": "images"})["images"]]


def _image(image: dict[str, Any]) -> dict[str, Any]:
    layers = [
        {**each, "size": each["size"] if (each["size"] or -1) >= 0 else None}
        for each in image["layers"]
    ]
    return {**image, "layers": layers}


@router.get("/files", auth=who_has(IMAGES_READ), response=answers(TreeOut, 404, 503))
def files(
    request: HttpRequest,
    image: Name,
    layer: Number = 0,
    path: Annotated[str, Query(pattern=r"^/", max_length=4000, description="A folder.")] = "/",
    mode: Annotated[
        Literal["layer", "union"],
        Query(description="What the layer itself has, or what one sees at its height."),
    ] = "union",
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    where: Where = "catalogue",
) -> dict[str, Any]:
    """List what is in a folder of an image, layer by layer."""
    question = {"image": image, "layer": layer, "path": path, "mode": mode, "offset": offset}
    return _ask(request, where, {"op": "tree", **question})
