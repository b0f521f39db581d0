"""The application."""

from django.apps import AppConfig


class LtiConfig(AppConfig):
    """Platforms, launches, grades."""

    name = "playground.lti"
    label = "lti"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from playground.lti import owners  # noqa: F401  (its receivers)
