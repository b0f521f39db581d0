"""How near a sandbox is to its limits, as plain data from which the page makes its sentences."""

from __future__ import annotations

import time
from typing import Any

from playground.runtime import blockio, engine
from playground.runtime.engine import BAD_SHAPE
from playground.runtime.sandbox import Sandbox
from playground.runtime.usage import Usage, usage

#: From here on, in percent, the page says something, and more is looked at.
NEAR = 90
#: A disk on which less than this is free takes no file to speak of: its last blocks stay over.
_FULL = 99
#: Bytes to which the amount is rounded, so that not every look is news.
_COARSE = 10 << 20
#: Seconds for which the engine is not asked again what a prune would free.
_ASK_AGAIN = 15.0

_meter = blockio.Meter()
_freed: dict[str, tuple[float, int]] = {}


def view(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """Return by limit its share in whole percent and what it is; more where it is nearly reached.

    ``frees`` is what ``docker system prune`` would give back, in bytes. Never raises: a sandbox
    that has gone is near nothing.
    """
    try:
        used = usage(sandbox)
        shown = {
            name: _entry(amount, most) for name, (amount, most) in vars(used).items() if most > 0
        }
        _add_budget(shown, used, sandbox)
        _add_rate(shown, sandbox)
    except OSError:
        return {}
    if shown["disk"]["share"] >= NEAR or shown["inodes"]["share"] >= NEAR:
        shown["disk"]["frees"] = prune_frees(sandbox)
    return shown


def _entry(amount: int, most: int) -> dict[str, Any]:
    share = 100 * amount // most
    entry: dict[str, Any] = {"share": share, "limit": most}
    if share >= NEAR:
        entry |= {"used": amount - amount % _COARSE, "full": share >= _FULL}
    return entry


def _add_budget(shown: dict[str, dict[str, Any]], used: Usage, sandbox: Sandbox) -> None:
    """The budget of processor time; it is ``full`` once the worker has slowed the sandbox down."""
    if "cpu" in shown:
        slow = sandbox.record.limits.slow_cpus
        slowed = used.cpu[0] >= used.cpu[1] and sandbox.group.cpus() <= slow
        shown["cpu"] |= {"full": slowed, "percent": round(100 * slow)}
        shown["cpu"]["share"] = min(shown["cpu"]["share"], 100)


def _add_rate(shown: dict[str, dict[str, Any]], sandbox: Sandbox) -> None:
    """How fast the disk is used; only the nearness of the limit is told, for rates jump about."""
    if most := sandbox.record.limits.io_mbps << 20:
        rate = _meter.rate(sandbox.group, sandbox.pid)
        shown["io"] = {"share": NEAR if rate * 100 >= NEAR * most else 0, "limit": most}


def prune_frees(sandbox: Sandbox) -> int:
    """Bytes that ``docker system prune`` would free, as the engine says; 0 if it does not."""
    asked, freed = _freed.get(sandbox.id, (-_ASK_AGAIN, 0))
    if time.monotonic() - asked < _ASK_AGAIN:
        return freed
    if len(_freed) > 5000:
        _freed.clear()
    try:
        freed = _frees(engine.get(sandbox.pid, "/system/df", seconds=5.0))
    except BAD_SHAPE:
        freed = 0
    _freed[sandbox.id] = (time.monotonic(), freed)
    return freed


def _frees(df: dict[str, Any]) -> int:
    """Stopped containers, images without a name that no container has, and unused build cache."""
    containers = sum(
        int(each.get("SizeRw") or 0)
        for each in df["Containers"] or []
        if each["State"] != "running"
    )
    images = sum(
        int(each["Size"]) - max(0, int(each["SharedSize"]))
        for each in df["Images"] or []
        if not each["RepoTags"] and not each["Containers"]
    )
    cache = sum(
        int(each["Size"])
        for each in df["BuildCache"] or []
        if not each["InUse"] and not each["Shared"]
    )
    return max(0, min(containers + images + cache, 1 << 50))
