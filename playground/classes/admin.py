"""Classes in Django's admin: to look at. What is done to them is done on their own pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from playground.classes.models import (
    Assignment,
    Class,
    Failure,
    HelpRequest,
    Membership,
    Message,
)
from playground.sandboxes.models import PoolWish

if TYPE_CHECKING:  # generic for the type checker only
    _Any = admin.ModelAdmin[Any]
else:
    _Any = admin.ModelAdmin


@admin.register(Class, Membership, Assignment, HelpRequest, Message, Failure, PoolWish)
class LookOnly(_Any):
    """What is looked at, and changed elsewhere."""

    exclude = ("token", "code", "student", "projected_student")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
