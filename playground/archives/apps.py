"""The application."""

from django.apps import AppConfig


class ArchivesConfig(AppConfig):
    """Archives of images that students lend the site to look into."""

    name = "playground.archives"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from playground.archives import owners  # noqa: F401  (its receivers)
