"""``manage.py node``: the row of nodes, and this node's reports."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from playground.sandboxes import draining, reporting
from playground.sandboxes.models import NodeRecord


class Command(BaseCommand):
    """List nodes; drain one, let it take students again, forget it; report of this one."""

    help = "list | drain NAME [--wait | --end] | up NAME | forget NAME | report"
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["list", "drain", "up", "forget", "report"])
        parser.add_argument("name", nargs="?", default="")
        parser.add_argument("--wait", action="store_true", help="return once it has no sandboxes")
        parser.add_argument("--end", action="store_true", help="remove those it has, now")

    def handle(self, *args: Any, **options: Any) -> None:
        verb = options["verb"]
        if verb == "report":
            reporting.run()
        elif verb == "list":
            self._list()
        else:
            getattr(self, f"_{verb}")(self._find(options["name"]), options)

    def _find(self, name: str) -> NodeRecord:
        found: NodeRecord | None = NodeRecord.objects.filter(name=name).first()
        if found is None:
            names = ", ".join(NodeRecord.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"There is no node {name!r}. Nodes that have reported: {names}")
        return found

    def _list(self) -> None:
        for node in NodeRecord.objects.order_by("name"):
            self.stdout.write(
                f"{node.name:20} {node.state:9} {node.sandboxes:4} sandboxes, room for "
                f"{node.places}; {node.memory_mb} MB memory, {node.disk_mb} MB disk; "
                f"catalogue {node.catalogue[:12] or 'none'}, version {node.version or 'unknown'}; "
                f"{node.gateway or 'this machine'}"
            )

    def _drain(self, node: NodeRecord, options: dict[str, Any]) -> None:
        draining.drain(node.name, end=options["end"])
        while options["wait"] and (left := draining.held(node.name).count()):
            self.stdout.write(f"{left} sandboxes are still in use on {node.name}")
            time.sleep(5)

    def _up(self, node: NodeRecord, _: dict[str, Any]) -> None:
        draining.take_back(node.name)

    def _forget(self, node: NodeRecord, _: dict[str, Any]) -> None:
        try:
            draining.forget(node)
        except draining.StillReports as error:
            raise CommandError(str(error)) from None
