"""The application."""

from django.apps import AppConfig


class ClassesConfig(AppConfig):
    """Classes, with the pages of instructors and members."""

    name = "playground.classes"
    label = "classes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from playground.classes import listening, owners, policy  # noqa: F401  (receivers)
