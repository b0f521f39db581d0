"""``manage.py role NAME ROLE``: say what somebody may do."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from playground.accounts import audit
from playground.accounts.models import Role, User
from playground.accounts.personal_data import may_go


class Command(BaseCommand):
    """Change or list roles."""

    help = "Make somebody a student, an instructor or an administrator; without names, list them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="user name or e-mail address")
        parser.add_argument("role", nargs="?", choices=Role.values)

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["name"]:
            for user in User.objects.exclude(role=Role.STUDENT).order_by("role", "username"):
                self.stdout.write(f"{user.role:14} {user.username} {user.email}")
            return
        found = User.objects.filter(Q(username=options["name"]) | Q(email=options["name"]))
        user = found.first()
        if user is None:
            raise CommandError(f"nobody is called {options['name']}: have them sign up first")
        if not options["role"]:
            self.stdout.write(f"{user.role:14} {user.username} {user.email}")
            return
        if options["role"] != Role.ADMINISTRATOR and not may_go(user):
            raise CommandError("that is the only administrator: make another one first")
        before, user.role = user.role, options["role"]
        user.save(update_fields=["role"])
        audit.note(None, "role.change", f"user {user.pk}", before=before, after=user.role)
        self.stdout.write(f"{user.username}: {before} -> {user.role}")
