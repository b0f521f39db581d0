"""What every page knows about node and sandbox."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from playground.sandboxes.owners import has_host_before


def node_status(request: HttpRequest) -> dict[str, Any]:
    """For the banners: why no sandbox can run here (empty if they can), and a choice to be made."""
    return {"host_before": has_host_before(request), "node_reason": node_reason()}


def node_reason() -> str:
    """Why no sandbox can run here, as `serve` found; empty if they can."""
    with suppress(OSError, ValueError):
        status = json.loads(settings.NODE_STATUS_FILE.read_text())
        return str(status.get("reason", ""))
    return ""
