"""What is written here in Django's admin: to look at. It is changed on its own pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from lessons.authoring.models import Begun, Draft, Place, Play, Remark, Revision, Version

if TYPE_CHECKING:  # generic for the type checker only
    _Any = admin.ModelAdmin[Any]
else:
    _Any = admin.ModelAdmin


@admin.register(Draft, Revision, Remark, Version, Place, Begun, Play)
class LookOnly(_Any):
    """What is looked at, and changed elsewhere."""

    exclude = ("student",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
