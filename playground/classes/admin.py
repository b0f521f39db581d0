"""Classes in Django's admin: to look at. What is done to them is done on their own pages."""

from __future__ import annotations

from django.contrib import admin

from playground.classes.models import (
    Assignment,
    Class,
    Failure,
    HelpRequest,
    Membership,
    Message,
)
from playground.look_only import LookOnly
from playground.sandboxes.models import PoolWish


@admin.register(Class, Membership, Assignment, HelpRequest, Message, Failure, PoolWish)
class ClassesAdmin(LookOnly):
    """Without what lets one in, and who a student is."""

    exclude = ("token", "code", "student", "projected_student")
