"""The application."""

from django.apps import AppConfig


class LessonsConfig(AppConfig):
    """The lessons: their format, and the pages that show them."""

    name = "lessons"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from lessons import owners  # noqa: F401  (its receivers)
