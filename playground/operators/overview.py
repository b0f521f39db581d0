"""The site at one look: rows of the database beside what the node says of itself."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone

from playground.accounts.models import User
from playground.runtime.config import RuntimeConfig
from playground.sandboxes import limits, line, pool, room
from playground.sandboxes.models import Sandbox
from playground.sandboxes.nodes import LOCAL

#: Sandboxes listed at the most; the machine's own limit is below that.
_MOST = 2000
_SHOWN = (
    Sandbox.State.POOLED,
    Sandbox.State.WAITING,
    Sandbox.State.REQUESTED,
    Sandbox.State.READY,
    Sandbox.State.FAILED,
)


def sandboxes(looked: dict[str, Any]) -> list[dict[str, Any]]:
    """Every sandbox that is there, wished for or failed, the newest first."""
    rows = list(Sandbox.objects.filter(state__in=_SHOWN).order_by("-created")[:_MOST])
    owners = {row.owner for row in rows}
    names = {user.student: str(user) for user in User.objects.filter(student__in=owners)}
    now = timezone.now()
    return [
        {
            "id": row.id,
            "state": row.state,
            "node": "" if row.node == LOCAL else row.node,
            "owner": names.get(row.owner, ""),
            "student": row.owner[:8] if row.state != Sandbox.State.POOLED else "",
            "address": row.address,
            "error": row.error[:300],
            "age": int((now - (row.claimed or row.created)).total_seconds()),
            "unseen": int((now - row.last_seen).total_seconds()),
            **looked.get(row.id, {}),
        }
        for row in rows
    ]


def machines(said: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Memory, disk (bytes), processors and load of all nodes together; ``None`` of none."""
    if not said:
        return None
    return {
        **{
            what: [sum(each[what][n] for each in said) for n in (0, 1)]
            for what in ("memory", "disk")
        },
        "cpus": sum(each["cpus"] for each in said),
        "load": [round(sum(each["load"][n] for each in said), 2) for n in range(3)],
    }


def numbers() -> dict[str, Any]:
    """Pool, waiting line, room and whoever is there."""
    return {
        "pool": {"ready": pool.ready(), "target": pool.target(), "has_memory": pool.has_memory()},
        "waiting": line.waiting().count(),
        "room": room.places(),
        "students": Sandbox.objects.filter(state=Sandbox.State.READY).count(),
        "failed": Sandbox.objects.filter(state=Sandbox.State.FAILED).count(),
    }


def fixed_settings() -> list[tuple[str, Any]]:
    """Variables that are read at the start only, and what they are now."""
    config = RuntimeConfig.from_environ()
    of_sandbox = [
        (f"PLAYGROUND_SANDBOX_{name.upper()}", value)
        for name, value in vars(config.limits).items()
        if f"SANDBOX_{name.upper()}" not in limits.LIMITS
    ]
    return [
        ("PLAYGROUND_SIGNUP", "on" if settings.SIGNUP_OPEN else "off"),
        ("PLAYGROUND_POLICY", config.policy),
        ("PLAYGROUND_EGRESS", "on" if config.egress.on else "off"),
        *of_sandbox,
    ]
