"""What is written here in Django's admin: to look at. It is changed on its own pages."""

from __future__ import annotations

from django.contrib import admin

from lessons.authoring.models import Begun, Draft, Place, Play, Remark, Revision, Version
from playground.look_only import LookOnly


@admin.register(Draft, Revision, Remark, Version, Place, Begun, Play)
class AuthoringAdmin(LookOnly):
    """Who began what is a student's name, by which they are found elsewhere."""

    exclude = ("student",)
