"""``manage.py restore FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from playground.backup import archive
from playground.backup.errors import BackupError


class Command(BaseCommand):
    """Put a backup into an empty database, and bring it up to date."""

    help = "Put a backup back: into the database that the environment names, which must be empty."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = archive.restore(options["file"], settings.VAR)
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from None
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write(f"{found.rows} rows of {found.made} are back")
