"""Room: how many more sandboxes this machine, or all nodes together, can take."""

from __future__ import annotations

import psutil

from playground.sandboxes import limits
from playground.sandboxes.models import NodeRecord, Sandbox
from playground.sandboxes.nodes import here

#: What a new sandbox is counted for until its memory shows in the machine's own figures, in MB:
#: twice what an idle one takes (the benchmark ``sandbox.idle_pss``).
_NEW_SANDBOX_MB = 100

#: States that hold a place. A pooled sandbox is given away before anybody waits, so it may.
HOLDING = (Sandbox.State.POOLED, Sandbox.State.REQUESTED, Sandbox.State.READY)


def places() -> int:
    """How many more sandboxes can be made now; those that are being made are counted.

    Of nodes with names it is the sum of what each has reported, but for what none has taken yet.
    """
    named = list(NodeRecord.objects.values_list("state", "places"))
    if not named:
        return places_here()
    wishes = Sandbox.objects.filter(state=Sandbox.State.REQUESTED, node="").count()
    found: int = sum(many for state, many in named if state == NodeRecord.State.UP) - wishes
    return max(0, found)


def places_here() -> int:
    """How many more sandboxes this process's machine can take."""
    rows = Sandbox.objects.filter(here())
    making = rows.filter(state=Sandbox.State.REQUESTED).count()
    free: int = available_mb() - limits.value("FREE_MEMORY_MB")
    found: int = free // _NEW_SANDBOX_MB - making
    if most := limits.value("SANDBOXES_MAX"):
        holding = rows.filter(state__in=HOLDING).count()
        found = min(found, most - holding)
    return max(0, found)


def available_mb() -> int:
    """The memory that programs can have without anything being ended, in MB."""
    available: int = psutil.virtual_memory().available
    return available >> 20
