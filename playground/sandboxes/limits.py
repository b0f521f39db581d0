"""Limits that an administrator changes while the site runs; all who need one ask here.

The environment gives each its default. One that was set on the operator's page stands in the
database instead, so that web and worker see it at once and no restart is needed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import psutil
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from playground.runtime.config import Limits, RuntimeConfig
from playground.sandboxes.models import Setting
from playground.serial import one_at_a_time


@dataclass(frozen=True)
class Limit:
    """A limit by name. ``least`` and ``most`` are allowed too; ``field`` is the runtime core's."""

    name: str
    label: Promise
    least: float
    most: float
    field: str = ""
    whole: bool = True

    @property
    def variable(self) -> str:
        """The environment variable of its default."""
        return f"PLAYGROUND_{self.name}"

    @property
    def default(self) -> float:
        """What the environment says."""
        if self.field:
            return float(getattr(RuntimeConfig.from_environ().limits, self.field))
        return float(getattr(settings, self.name))

    def read(self, text: str) -> float:
        """Read a number; raises ``ValueError`` with a sentence."""
        try:
            number = float(text.strip())
        except ValueError:
            raise ValueError(_("“%(text)s” is not a number.") % {"text": text[:40]}) from None
        most = min(self.most, _machine_mb()) if self.field == "memory_mb" else self.most
        if not math.isfinite(number) or not self.least <= number <= most:
            bounds = {"least": shown(self.least), "most": shown(most)}
            raise ValueError(_("It must be from %(least)s to %(most)s.") % bounds)
        if self.whole and number != int(number):
            raise ValueError(_("It must be a whole number."))
        return number


_PLACES = 12288  # ids for sandboxes on one node: ``RuntimeConfig.id_slots``
_MINUTES = 60 * 24 * 31

LIMITS = {
    each.name: each
    for each in (
        Limit(
            "SANDBOXES_MAX", gettext_lazy("Sandboxes at the most; 0: as memory allows"), 0, _PLACES
        ),
        Limit(
            "SANDBOXES_PER_ADDRESS",
            gettext_lazy("Sandboxes from one network address; 0: no limit"),
            0,
            _PLACES,
        ),
        Limit("FREE_MEMORY_MB", gettext_lazy("Memory that stays free, MB"), 0, 1 << 24),
        Limit("POOL_MIN", gettext_lazy("Ready in the pool, at least"), 0, 500),
        Limit("POOL_MAX", gettext_lazy("Ready in the pool, at most"), 0, 500),
        Limit(
            "POOL_FREE_MEMORY_MB",
            gettext_lazy("Memory that the pool leaves free, MB"),
            0,
            1 << 24,
        ),
        Limit("SANDBOX_FREEZE_MINUTES", gettext_lazy("Frozen unseen after, minutes"), 1, _MINUTES),
        Limit("SANDBOX_IDLE_MINUTES", gettext_lazy("Removed unseen after, minutes"), 1, _MINUTES),
        Limit("SANDBOX_LIFE_MINUTES", gettext_lazy("Removed at last after, minutes"), 1, _MINUTES),
        Limit(
            "SANDBOX_MEMORY_MB", gettext_lazy("Memory of a sandbox, MB"), 256, 1 << 20, "memory_mb"
        ),
        Limit("SANDBOX_CPUS", gettext_lazy("CPUs of a sandbox"), 0.1, 1024, "cpus", whole=False),
        Limit("SANDBOX_PIDS", gettext_lazy("Processes of a sandbox"), 128, 1 << 20, "pids"),
        Limit("SANDBOX_DISK_MB", gettext_lazy("Disk of a sandbox, MB"), 512, 1 << 20, "disk_mb"),
    )
}

#: What this process has read last, for where the database must not be asked.
_known: dict[str, float] = {}


def value(name: str) -> int:
    """What holds now, a whole number. Asks the database."""
    return int(_number(LIMITS[name]))


def known(name: str) -> int:
    """The same without asking the database: as this process has read it last."""
    return int(_known.get(name, LIMITS[name].default))


def for_sandbox() -> Limits:
    """What a sandbox that is made now may use."""
    given = {each.field: _number(each) for each in LIMITS.values() if each.field}
    limits = RuntimeConfig.from_environ().limits
    typed = {name: type(getattr(limits, name))(number) for name, number in given.items()}
    return replace(limits, **typed)


def overridden() -> dict[str, float]:
    """Those that were set on the page."""
    rows = Setting.objects.filter(name__in=LIMITS).values_list("name", "value")
    return dict(rows)


def change(name: str, text: str) -> float:
    """Set one; raises ``KeyError`` for none of them and ``ValueError`` with a sentence."""
    limit = LIMITS[name]
    number = limit.read(text)
    with one_at_a_time("limits"):
        Setting.objects.update_or_create(name=name, defaults={"value": number})
        if value("POOL_MIN") > value("POOL_MAX"):
            raise ValueError(_("The pool’s least is more than its most."))
    return number


def go_back(name: str) -> None:
    """Let the environment's default hold again; raises ``KeyError``, ``ValueError``."""
    limit = LIMITS[name]
    with one_at_a_time("limits"):
        Setting.objects.filter(name=limit.name).delete()
        if value("POOL_MIN") > value("POOL_MAX"):
            raise ValueError(_("The pool’s least is more than its most."))


def shown(number: float) -> str:
    """A number without a needless ``.0``."""
    return str(int(number)) if number == int(number) else str(number)


def _number(limit: Limit) -> float:
    row = Setting.objects.filter(name=limit.name).values_list("value", flat=True).first()
    found = limit.default if row is None else row
    _known[limit.name] = found
    return found


def _machine_mb() -> int:
    total: int = psutil.virtual_memory().total
    return total >> 20
