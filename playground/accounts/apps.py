"""The application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Accounts, roles and the audit log."""

    name = "playground.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from playground.accounts import signing_in  # noqa: F401
