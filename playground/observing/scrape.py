"""The text that Prometheus reads: what all processes counted, and what is so at this moment."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from channels.db import database_sync_to_async
from django.db.models import Count
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from playground.sandboxes import line, pool, room
from playground.sandboxes.asking import ask_node
from playground.sandboxes.models import Sandbox
from playground.telemetry import files, metrics

#: States that a sandbox can be in; removed ones are history.
_STATES = [state for state in Sandbox.State.values if state != Sandbox.State.REMOVED]

#: What is computed at a scrape: name → what it is.
MOMENTARY = {
    "playground_sandboxes": "Sandboxes by state, as the database has them",
    "playground_pool_ready": "Sandboxes that wait ready in the pool",
    "playground_pool_target": "Sandboxes that the pool should have",
    "playground_waiting": "Students in the waiting line",
    "playground_room": "Sandboxes for which there is room",
    "playground_memory_available_bytes": "Memory that programs can have on this machine",
    "playground_hub_up": "Whether the hub answers",
    "playground_node_sandboxes": "Sandboxes of the node, as the node has them",
    "playground_node_memory_bytes": "Memory of the node",
    "playground_node_disk_bytes": "Disk of the node's sandboxes",
}
assert metrics


async def text() -> bytes:
    """All metrics in Prometheus's text format."""
    rows, node = await asyncio.gather(database_sync_to_async(_rows)(), ask_node())
    return await asyncio.to_thread(_written, [*rows, *_of_node(node)])


def _written(momentary: list[Metric]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Given(momentary))
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        # One folder is root's, the other one's the processes' without rights.
        paths = files.readable([f for f in sorted(Path(folder).parent.iterdir()) if f.is_dir()])
        merged = MultiProcessCollector.merge(paths)  # type: ignore[no-untyped-call]
        registry.register(_Given(list(merged)))
        return generate_latest(registry)
    return generate_latest(registry) + generate_latest(REGISTRY)


class _Given(Collector):
    def __init__(self, found: list[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        yield from self._found


def _gauge(name: str, value: float) -> Metric:
    return GaugeMetricFamily(name, MOMENTARY[name], value=value)


def _labelled(name: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, MOMENTARY[name], labels=[label])
    for word, value in values.items():
        family.add_metric([word], value)
    return family


def _rows() -> list[Metric]:
    counted = Sandbox.objects.filter(state__in=_STATES).values_list("state")
    found = dict(counted.annotate(number=Count("id")).order_by())
    states = {state: float(found.get(state, 0)) for state in _STATES}
    return [
        _labelled("playground_sandboxes", "state", states),
        _gauge("playground_pool_ready", pool.ready()),
        _gauge("playground_pool_target", pool.target()),
        _gauge("playground_waiting", line.waiting().count()),
        _gauge("playground_room", room.places()),
        _gauge("playground_memory_available_bytes", room.available_mb() << 20),
    ]


def _of_node(node: dict[str, Any] | None) -> list[Metric]:
    if node is None:
        return [_gauge("playground_hub_up", 0)]
    words = [_how(each) for each in node["sandboxes"].values()]
    hosts = {word: float(words.count(word)) for word in ("running", "frozen", "ended")}
    found = [
        _gauge("playground_hub_up", 1),
        _labelled("playground_node_sandboxes", "how", hosts),
    ]
    for name in ("memory", "disk"):
        used, total = node["machine"][name]
        pair = {"used": float(used), "total": float(total)}
        found.append(_labelled(f"playground_node_{name}_bytes", "what", pair))
    return found


def _how(sandbox: dict[str, Any]) -> str:
    if not sandbox.get("alive"):
        return "ended"
    return "frozen" if sandbox.get("frozen") else "running"
