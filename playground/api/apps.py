"""The application."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The REST API and its tokens."""

    name = "playground.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from playground.api import owners  # noqa: F401  (its receivers)
