"""What an administrator does to accounts."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.http import HttpRequest
from django.urls import reverse

from playground.accounts import audit, personal_data
from playground.accounts.models import Role, User


class OnlyAdministrator(Exception):
    """It would leave the site without an administrator."""


def set_role(request: HttpRequest, user: User, role: str) -> None:
    """Change a role; raises ``OnlyAdministrator``, ``ValueError``."""
    role = Role(role).value
    if role == user.role:
        return
    if not personal_data.may_go(user):
        raise OnlyAdministrator
    before, user.role = user.role, role
    user.save(update_fields=["role"])
    audit.record(request, "role.change", _name(user), before=before, after=role)


def set_active(request: HttpRequest, user: User, active: bool) -> None:
    """Switch an account off or on again; raises ``OnlyAdministrator``."""
    if not active and not personal_data.may_go(user):
        raise OnlyAdministrator
    user.is_active = active
    user.save(update_fields=["is_active"])
    audit.record(request, "account.on" if active else "account.off", _name(user))


def password_link(request: HttpRequest, user: User) -> str:
    """A link by which somebody sets a new password, for where there is no mail."""
    token = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    uid, key = token.split("-", 1)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": key})
    audit.record(request, "account.password_link", _name(user))
    return request.build_absolute_uri(path)


def _name(user: User) -> str:
    return f"user {user.pk} {user.username}"
