"""The application."""

from django.apps import AppConfig


class OperatorsConfig(AppConfig):
    """The page for operators, announcements, Django's admin."""

    name = "playground.operators"
    label = "operators"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from playground.operators import deployment  # noqa: F401  (its check)
