"""Saying to open pages that something happened; whoever misses it looks again by itself."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from playground.classes.models import Class, Membership


def tell_live(course: Class) -> None:
    """The instructors' live pages: look again."""
    _send(course.group, {"type": "class.changed"})


def tell_members(course: Class, document: dict[str, Any]) -> None:
    """All members' pages."""
    _send(course.members_group, {"type": "class.said", "document": document})


def tell_member(member: Membership, document: dict[str, Any]) -> None:
    """One member's pages."""
    _send(member.group, {"type": "class.said", "document": document})


def _send(group: str, event: dict[str, Any]) -> None:
    if layer := get_channel_layer():
        async_to_sync(layer.group_send)(group, event)
