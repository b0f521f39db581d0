"""What every page knows about the node."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def node_status(_: HttpRequest) -> dict[str, Any]:
    """Why no sandbox can run here, for the banner; empty if they can."""
    with suppress(OSError, ValueError):
        status = json.loads(settings.NODE_STATUS_FILE.read_text())
        return {"node_reason": str(status.get("reason", ""))}
    return {"node_reason": ""}
