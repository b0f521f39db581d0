"""Kinds of sandboxes: those with limits of their own, as a class may ask for.

Applications above say by :data:`CHOOSERS` what a student's next sandbox may use. A sandbox of the
pool is only ever given to whom its kind is right for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from playground.runtime.config import POLICIES, Limits

_OF_THE_SANDBOX = ("memory_mb", "cpus", "disk_mb")
_POLICY = "policy"


@dataclass(frozen=True)
class Kind:
    """What differs from the site's own limits; ``None``: nothing."""

    memory_mb: int | None = None
    cpus: float | None = None
    disk_mb: int | None = None
    #: A policy that is stricter than the node's own, see ``runtime.config.POLICIES``.
    policy: str | None = None
    #: Minutes from the claim to the end. Nothing about the sandbox itself, so not in the key.
    life_minutes: int | None = None

    @property
    def limits(self) -> dict[str, Any]:
        """What the runtime core is asked for, by the names of ``Limits``, and the policy."""
        names = (*_OF_THE_SANDBOX, _POLICY)
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    @property
    def key(self) -> str:
        """What tells sandboxes of this kind; ``""`` for those with the site's own limits."""
        if not self.limits:
            return ""
        return hashlib.sha256(json.dumps(self.limits, sort_keys=True).encode()).hexdigest()[:16]


#: Asked in turn for each claim; the first that answers decides.
CHOOSERS: list[Callable[[str], Kind | None]] = []


def kind_of(student: str) -> Kind:
    """The kind of a student's next sandbox."""
    for choose in CHOOSERS:
        if (found := choose(student)) is not None:
            return found
    return Kind()


def applied(limits: Limits, changes: dict[str, Any]) -> Limits:
    """The site's limits with a row's changes; what no limit is called is left out."""
    return replace(limits, **{key: changes[key] for key in _OF_THE_SANDBOX if key in changes})


def policy(changes: dict[str, Any]) -> str:
    """The policy that a row asks for; the loosest if it says none or one that is unknown here."""
    wanted = changes.get(_POLICY)
    return wanted if wanted in POLICIES else POLICIES[0]
