"""``manage.py prepare_database``: what a start does to the database before anything else runs."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Migrate. What became of the last run's sandboxes is the worker's to find out."""

    help = "Bring the database up to date."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
