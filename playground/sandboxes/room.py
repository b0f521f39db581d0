"""Room: how many more sandboxes this machine can take."""

from __future__ import annotations

import psutil

from playground.sandboxes import limits
from playground.sandboxes.models import Sandbox

#: What a new sandbox is counted for until its memory shows in the machine's own figures, in MB:
#: twice what an idle one takes (the benchmark ``sandbox.idle_pss``).
_NEW_SANDBOX_MB = 100

#: States that hold a place. A pooled sandbox is given away before anybody waits, so it may.
_HOLDING = (Sandbox.State.POOLED, Sandbox.State.REQUESTED, Sandbox.State.READY)


def places() -> int:
    """How many more sandboxes can be made now; those that are being made are counted."""
    making = Sandbox.objects.filter(state=Sandbox.State.REQUESTED).count()
    free: int = available_mb() - limits.value("FREE_MEMORY_MB")
    found: int = free // _NEW_SANDBOX_MB - making
    if most := limits.value("SANDBOXES_MAX"):
        holding = Sandbox.objects.filter(state__in=_HOLDING).count()
        found = min(found, most - holding)
    return max(0, found)


def available_mb() -> int:
    """The memory that programs can have without anything being ended, in MB."""
    available: int = psutil.virtual_memory().available
    return available >> 20
