"""``manage.py sandbox``: sandboxes from the command line, for operators."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import REMAINDER, ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from playground.runtime.errors import SandboxError
from playground.runtime.node import Node
from playground.runtime.private_mounts import leave_machine_mounts
from playground.sandboxes.nodes import local_node


class Command(BaseCommand):
    """Create, list, enter and remove sandboxes of this node."""

    help = "Create, list, enter and remove sandboxes of this node."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a sandbox and print its id")
        create.add_argument("id", nargs="?")
        listing = verbs.add_parser("list", help="list all sandboxes of this node")
        listing.add_argument("--json", action="store_true")
        execute = verbs.add_parser("exec", help="run a command inside: exec ID -- CMD…")
        execute.add_argument("id")
        execute.add_argument("command", nargs=REMAINDER)
        for verb, text in (("freeze", "stop all its processes"), ("thaw", "let them go on")):
            verbs.add_parser(verb, help=text).add_argument("id")
        collect = verbs.add_parser("gc", help="clear what has no living sandbox any more")
        collect.add_argument("--dry-run", action="store_true", help="only list it")
        remove = verbs.add_parser("remove", help="remove sandboxes and all that is in them")
        remove.add_argument("ids", nargs="+")

    def handle(self, *args: Any, **options: Any) -> None:
        if os.geteuid() != 0:
            raise CommandError("Only root can reach sandboxes: run it with sudo.")
        try:
            getattr(self, f"_{options['verb']}")(local_node(), options)
        except (SandboxError, ValueError) as error:
            raise CommandError(str(error)) from None

    def _create(self, node: Node, options: dict[str, Any]) -> None:
        started = time.monotonic()
        sandbox = node.create(options["id"])
        self.stderr.write(f"ready after {(time.monotonic() - started) * 1000:.0f} ms")
        self.stdout.write(sandbox.id)

    def _list(self, node: Node, options: dict[str, Any]) -> None:
        facts = [sandbox.inspect() for sandbox in node.sandboxes()]
        if options["json"]:
            self.stdout.write(json.dumps([asdict(each) for each in facts]))
            return
        self.stdout.write(f"{'ID':24} {'STATE':8} {'AGE':>8} {'MEMORY':>9} {'DISK':>9} PROCESSES")
        for each in facts:
            age = f"{(time.time() - each.created) / 60:.0f} min"
            memory, disk = f"{each.memory_bytes >> 20} MB", f"{each.disk_bytes >> 20} MB"
            self.stdout.write(
                f"{each.id:24} {each.state:8} {age:>8} {memory:>9} {disk:>9} {each.processes}"
            )

    def _exec(self, node: Node, options: dict[str, Any]) -> None:
        command = options["command"]
        if command[:1] == ["--"]:
            command = command[1:]
        if not command:
            raise CommandError("Say what to run: sandbox exec ID -- docker ps")
        sandbox = node.get(options["id"])
        terminal = sys.stdin.isatty() and sys.stdout.isatty()
        env = {"TERM": os.environ.get("TERM", "xterm-256color")} if terminal else {}
        line = sandbox.exec_command(command, tty=terminal, env=env)
        sys.stdout.flush()
        # This process becomes the command: its input, output and exit code are the caller's.
        leave_machine_mounts()
        os.execvp(line[0], line)

    def _freeze(self, node: Node, options: dict[str, Any]) -> None:
        node.get(options["id"]).freeze()

    def _thaw(self, node: Node, options: dict[str, Any]) -> None:
        node.get(options["id"]).thaw()

    def _gc(self, node: Node, options: dict[str, Any]) -> None:
        for sandbox_id in node.orphans():
            self.stdout.write(sandbox_id)
            if not options["dry_run"]:
                node.clear(sandbox_id)

    def _remove(self, node: Node, options: dict[str, Any]) -> None:
        for sandbox_id in options["ids"]:
            node.get(sandbox_id).remove()
            self.stdout.write(sandbox_id)
