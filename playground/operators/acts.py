"""What an operator does to sandboxes: asked here, done by the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.http import HttpRequest

from playground.accounts import audit
from playground.sandboxes import tasks
from playground.sandboxes.claims import give_up
from playground.sandboxes.models import Sandbox

#: Sandboxes that one act is done to, at the most.
MOST = 500


def _remove(sandbox_id: str) -> None:
    give_up(sandbox_id, "removed by an administrator")
    tasks.remove.delay(sandbox_id)


def _freeze(sandbox_id: str) -> None:
    tasks.freeze.delay(sandbox_id)


def _thaw(sandbox_id: str) -> None:
    tasks.thaw.delay(sandbox_id)


ACTS: dict[str, Callable[[str], None]] = {"remove": _remove, "freeze": _freeze, "thaw": _thaw}


def act(request: HttpRequest, verb: str, ids: Iterable[str]) -> int:
    """Do it to each sandbox that is known; return to how many. Raises ``KeyError``."""
    do = ACTS[verb]
    known = Sandbox.objects.filter(id__in=list(ids)[:MOST])
    for sandbox in known:
        audit.record(request, f"sandbox.{verb}", f"sandbox {sandbox.id}", owner=sandbox.owner[:8])
        do(sandbox.id)
    return len(known)
