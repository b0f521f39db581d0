"""What the engine of a student's host notes of a container: the web process's side."""

from __future__ import annotations

from typing import Any

from playground.sandboxes.asking import NoAnswer, ask
from playground.sandboxes.models import Sandbox

#: Seconds after which a page is shown without it.
_ANSWER_WITHIN = 6.0


async def container(student: str, name: str, image: str) -> dict[str, Any] | None:
    """The container of that name, else the newest one of that image; ``None`` if there is none.

    A student without a host has none, and no host is made for the question. What comes back is
    bounded in size and is the student's to choose: its shape is not to be relied on.
    """
    ready = Sandbox.objects.filter(owner=student, state=Sandbox.State.READY)
    sandbox = await ready.afirst() if student else None
    if sandbox is None:
        return None
    query = {"name": name[:128], "image": image[:300]}
    try:
        found = (await ask("inspect", sandbox.id, _ANSWER_WITHIN, query=query)).get("container")
    except NoAnswer:
        return None
    return found if isinstance(found, dict) else None
