"""What the site remembers of people."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from playground.accounts.students import new_student


class Role(models.TextChoices):
    """What somebody may do. Each may all that the one before it may."""

    STUDENT = "student"
    INSTRUCTOR = "instructor"
    ADMINISTRATOR = "administrator"


ROLE_NAMES = [
    ("student", _("student")),
    ("instructor", _("instructor")),
    ("administrator", _("administrator")),
]


class Users(UserManager["User"]):
    """Makes accounts; ``createsuperuser`` makes administrators."""

    def create_superuser(
        self,
        username: str,
        email: str | None = None,
        password: str | None = None,
        **extra: Any,
    ) -> User:
        """Make an administrator."""
        return super().create_superuser(
            username, email, password, **{**extra, "role": Role.ADMINISTRATOR}
        )


class User(AbstractUser):
    """An account."""

    role = models.CharField(_("role"), max_length=16, choices=ROLE_NAMES, default=Role.STUDENT)
    #: Whom sandboxes and progress belong to, see :mod:`playground.accounts.students`.
    student = models.CharField(max_length=64, unique=True, default=new_student, editable=False)

    objects: ClassVar[Users] = Users()

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Django's admin and its permissions ask for these two; the role is what is decided.
        self.is_staff = self.is_superuser = self.role == Role.ADMINISTRATOR
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, "is_staff", "is_superuser"}
        super().save(*args, **kwargs)

    @property
    def is_instructor(self) -> bool:
        """Whether they may teach; administrators may."""
        return self.is_active and self.role in (Role.INSTRUCTOR, Role.ADMINISTRATOR)

    @property
    def is_administrator(self) -> bool:
        """Whether they may run the site."""
        return self.is_active and self.role == Role.ADMINISTRATOR


class AuditEntry(models.Model):
    """Something that an instructor or administrator did. Never changed, kept when they go."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    #: The actor's name at that time.
    name = models.CharField(max_length=150)
    #: A verb of the code's, as ``role.change`` or ``sandbox.remove``.
    action = models.CharField(max_length=64, db_index=True)
    #: What it was done to, as ``user 12`` or ``sandbox s-1f…``.
    target = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    address = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.name}: {self.action} {self.target}"
