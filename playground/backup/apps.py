"""The application."""

from django.apps import AppConfig


class BackupConfig(AppConfig):
    """The commands ``backup``, ``restore`` and ``move_database``; no models."""

    name = "playground.backup"
    label = "backup"
