"""``manage.py prepare_database``: what a start does to the database before anything else runs."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from playground.sandboxes.models import Sandbox


class Command(BaseCommand):
    """Migrate, and forget the sandboxes of the last run: none outlives a stop."""

    help = "Bring the database up to date and forget the last run's sandboxes."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        Sandbox.objects.exclude(state=Sandbox.State.REMOVED).update(
            state=Sandbox.State.REMOVED, error="the playground was restarted"
        )
