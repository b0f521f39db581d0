"""The first administrator: whoever can read the server's own output.

As long as there is none, each start says a link with a signed word in it. It makes whoever is
signed in and opens it the administrator, once.
"""

from __future__ import annotations

from django.core import signing

from playground.accounts.audit import note
from playground.accounts.models import Role, User
from playground.serial import one_at_a_time

_SALT = "accounts.first"


def is_wanted() -> bool:
    """Whether nobody runs this site yet."""
    return not User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exists()


def word() -> str:
    """The signed word of the link."""
    return signing.dumps("administrator", salt=_SALT)


def is_right(given: str) -> bool:
    """Whether a word is ours; it holds as long as it is wanted."""
    try:
        return bool(signing.loads(given, salt=_SALT) == "administrator")
    except signing.BadSignature:
        return False


def make(user: User) -> bool:
    """Make somebody the first administrator; ``False`` if there is one by now."""
    with one_at_a_time("first administrator"):
        if not is_wanted():
            return False
        user.role = Role.ADMINISTRATOR
        user.save(update_fields=["role"])
        note(user, "role.first", f"user {user.pk}")
    return True
