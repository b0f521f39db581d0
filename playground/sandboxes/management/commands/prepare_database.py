"""``manage.py prepare_database``: what a start does to the database before anything else runs."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.urls import reverse

from playground.accounts import first


class Command(BaseCommand):
    """Migrate. What became of the last run's sandboxes is the worker's to find out."""

    help = "Bring the database up to date."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as error:
            where = "PLAYGROUND_DATABASE_URL" if settings.DATABASE_URL else "PLAYGROUND_VAR"
            raise CommandError(f"{error} ({where} says where the database is)") from None
        if first.is_wanted():
            path = reverse("first-administrator", args=[first.word()])
            origin = os.environ.get("PLAYGROUND_ORIGIN", "http://localhost:8000")
            self.stdout.write("• Nobody runs this site yet. Sign up, then open this to run it:")
            self.stdout.write(f"  {origin}{path}")
