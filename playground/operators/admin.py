"""Django's admin for all that is in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from lessons.models import StepProgress, TaskDone
from playground.accounts import audit
from playground.accounts.models import AuditEntry, User
from playground.look_only import LookOnly
from playground.operators.models import Announcement, CatalogueBuild, CatalogueImage
from playground.sandboxes.models import Sandbox, Setting

if TYPE_CHECKING:  # generic for the type checker only
    _Users = UserAdmin[User]
    _Any = admin.ModelAdmin[Any]
else:
    _Users, _Any = UserAdmin, admin.ModelAdmin

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "Docker Playground"


@admin.register(User)
class PlaygroundUserAdmin(_Users):
    """Accounts with their role, which decides what Django's own flags are."""

    list_display = ("username", "email", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (None, {"fields": ("first_name", "last_name", "email", "role", "is_active")}),
        (None, {"fields": ("last_login", "date_joined", "student")}),
    )
    readonly_fields = ("last_login", "date_joined", "student")
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "role", "password1", "password2")}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save, and note what was changed."""
        super().save_model(request, obj, form, change)
        changed = [name for name in form.changed_data if "password" not in name]
        verb = "account.change" if change else "account.add"
        audit.record(request, verb, f"user {obj.pk} {obj.username}", fields=changed, role=obj.role)


@admin.register(AuditEntry)
class AuditAdmin(LookOnly):
    """The log; nobody changes it."""

    list_display = ("at", "name", "action", "target", "address")
    list_filter = ("action",)
    search_fields = ("name", "target")
    date_hierarchy = "at"


@admin.register(Sandbox)
class SandboxAdmin(LookOnly):
    """Sandboxes, also those that are over; acts are on the operator's page."""

    list_display = ("id", "state", "owner", "address", "created", "claimed", "last_seen")
    list_filter = ("state",)
    search_fields = ("id", "owner", "address")


@admin.register(StepProgress)
class StepProgressAdmin(LookOnly):
    """Who is where."""

    list_display = ("student", "lesson", "step", "done", "attempts", "hints", "solutions")
    list_filter = ("lesson",)
    search_fields = ("student",)


@admin.register(TaskDone)
class TaskDoneAdmin(LookOnly):
    """Which checks held."""

    list_display = ("student", "lesson", "task", "at")
    list_filter = ("lesson",)
    search_fields = ("student",)


@admin.register(Setting)
class SettingAdmin(LookOnly):
    """Limits that were set; the operator's page checks and notes what it changes."""

    list_display = ("name", "value", "changed")


@admin.register(CatalogueImage)
class CatalogueImageAdmin(LookOnly):
    """Images that operators added; changed on the operator's page, which checks them."""

    list_display = ("name", "reference", "changed")


@admin.register(CatalogueBuild)
class CatalogueBuildAdmin(LookOnly):
    """Buildings of the catalogue."""

    list_display = ("started", "state", "by", "refresh", "key")


@admin.register(Announcement)
class AnnouncementAdmin(_Any):
    """Lines on top of all pages."""

    list_display = ("text_en", "since", "until")
