"""The application."""

from django.apps import AppConfig


class AuthoringConfig(AppConfig):
    """Where instructors write lessons."""

    name = "lessons.authoring"
    label = "authoring"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from lessons import shelf
        from lessons.authoring import owners  # noqa: F401  (its receivers)
        from lessons.authoring.published import Published

        shelf.put_up(Published())
