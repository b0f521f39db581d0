"""Which metrics dashboards and alerts ask for, so that none asks for what there is not."""

from __future__ import annotations

import re

from prometheus_client import REGISTRY

from playground.observing.scrape import MOMENTARY
from playground.telemetry import metrics

_NAME = re.compile(r"\bplayground_[a-z_]+")
assert metrics


def named(text: str) -> set[str]:
    """The metrics that a text with queries names."""
    return set(_NAME.findall(text))


def known() -> set[str]:
    """The names of all samples that a playground has, histograms' parts among them."""
    found = set(MOMENTARY)
    for family in REGISTRY.collect():
        if family.name.startswith("playground_"):
            parts = {
                "counter": ("_total",),
                "histogram": ("_bucket", "_sum", "_count"),
            }.get(family.type, ("",))
            found.update(f"{family.name}{part}" for part in parts)
    return found
