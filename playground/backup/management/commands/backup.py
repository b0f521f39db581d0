"""``manage.py backup FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from playground.backup import archive
from playground.backup.errors import BackupError


class Command(BaseCommand):
    """Write all of the site's data into a file; the site may run meanwhile."""

    help = "Write database, secret key, pictures and the catalogue's own recipes into a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="not there yet, like site.tar.gz")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = archive.make(options["file"], settings.VAR)
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from None
        size = options["file"].stat().st_size
        self.stdout.write(f"{options['file']}: {made.rows} rows, {size} bytes")
        self.stdout.write("It holds password hashes and the secret key: keep it safe.")
