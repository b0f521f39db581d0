"""``manage.py certificates``: what web processes and nodes know each other by."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from playground.hub import certificates


class Command(BaseCommand):
    """Make the authority once, and a certificate for each name; run again it renews them."""

    help = 'Make or renew the certificates of web processes ("web") and nodes (their names).'
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", help='"web" and nodes; none: show what there is')
        parser.add_argument("--folder", type=Path, default=settings.CERTIFICATES_DIR)

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        for name in options["names"]:
            if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", name) or name == "ca":
                raise CommandError(f"{name!r} is no name of a node: small letters, digits, hyphens")
        if options["names"]:
            if (folder / "ca.pem").exists() and not (folder / "ca.key").exists():
                raise CommandError(
                    f"{folder} has no ca.key: make certificates where it is, and copy them here"
                )
            certificates.make_authority(folder)
        group = os.environ.get("PLAYGROUND_WEB_GID", "")
        for name in options["names"]:
            readable = int(group) if group.isdigit() and name == certificates.WEB else None
            certificates.make(folder, name, readable)
        for path in sorted(folder.glob("*.pem")):
            self.stdout.write(f"{path}: {certificates.days_left(path)} days")
