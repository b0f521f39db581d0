"""``manage.py doctor``: can this machine run sandboxes, and if not, what mends it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from playground.runtime.config import RuntimeConfig
from playground.runtime.doctor import examine
from playground.sandboxes import row_of_nodes

_SIGNS = {"ok": "✓", "warning": "!", "error": "✗"}


class Command(BaseCommand):
    """Look at the machine; the exit code is 1 if no sandbox can run on it."""

    help = "Check this machine: kernel, cgroups, OCI runtime, mounts, disk, memory."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = [*examine(RuntimeConfig.from_environ()), *row_of_nodes.examine()]
        fit = not any(finding.stops_sandboxes for finding in findings)
        if options["json"]:
            document = {"fit": fit, "findings": [f.to_json() for f in findings]}
            self.stdout.write(json.dumps(document, indent=1))
        else:
            for finding in findings:
                self.stdout.write(f"{_SIGNS[finding.level]} {finding.name}: {finding.detail}")
                if finding.mend and finding.level != "ok":
                    self.stdout.write(f"    → {finding.mend}")
            self.stdout.write("" if fit else "No sandbox can run on this machine yet.")
        if not fit:
            raise SystemExit(1)
