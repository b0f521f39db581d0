"""What a token may be for."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

LESSONS_READ: Final = "lessons:read"
PROGRESS_READ: Final = "progress:read"
SANDBOXES_READ: Final = "sandboxes:read"
SANDBOXES_WRITE: Final = "sandboxes:write"
IMAGES_READ: Final = "images:read"
CLASSES_READ: Final = "classes:read"

#: Each with what its holder may do, in the order of the form.
SCOPES = {
    LESSONS_READ: _("read the lessons"),
    PROGRESS_READ: _("see how far I am"),
    SANDBOXES_READ: _("see my Docker host"),
    SANDBOXES_WRITE: _("make and remove my Docker host, and run commands on it"),
    IMAGES_READ: _("look at images and layers, those of my Docker host too"),
    CLASSES_READ: _("see my classes, and how the members of those that I teach are"),
}
