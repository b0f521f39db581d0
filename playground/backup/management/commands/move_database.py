"""``manage.py move_database URL``."""

from __future__ import annotations

from typing import Any

import dj_database_url
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from playground.backup import records
from playground.backup.errors import BackupError

_TARGET = "move_target"


class Command(BaseCommand):
    """Copy the site's database into another one, as from SQLite to PostgreSQL."""

    help = (
        "Copy all rows into an empty database, such as postgres://user:password@host/name; then "
        "start the site with PLAYGROUND_DATABASE_URL set to it. Stop the site first: what is "
        "written meanwhile is not copied."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url")

    def handle(self, *args: Any, **options: Any) -> None:
        given = dj_database_url.parse(options["url"])
        connections.settings[_TARGET] = connections.configure_settings(
            {"default": connections["default"].settings_dict, _TARGET: dict(given)}
        )[_TARGET]
        try:
            if not records.is_empty(_TARGET):
                raise CommandError("That database is not empty.")
            targets = records.applied("default")
            count = records.load(_TARGET, targets, records.dump("default"))
        except (BackupError, DatabaseError) as error:
            raise CommandError(str(error)) from None
        finally:
            connections[_TARGET].close()
            del connections[_TARGET]
            del connections.settings[_TARGET]
        self.stdout.write(f"{count} rows were copied. Start the site with")
        self.stdout.write(f"PLAYGROUND_DATABASE_URL={options['url']}")
