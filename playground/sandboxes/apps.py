"""The application."""

from django.apps import AppConfig


class SandboxesConfig(AppConfig):
    """Students' sandboxes: who has which, and the way to it."""

    name = "playground.sandboxes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Tasks are sent through the current Celery application, in every process.
        from playground import celery  # noqa: F401
        from playground.sandboxes import owners  # noqa: F401  (its receivers)
