"""The configuration that Canvas takes by its address, in place of a form filled in by hand."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from playground.lti import claims, keys
from playground.lti.addresses import absolute

_TITLE = "Docker Playground"
_TEXT = "Learn Docker in the browser, on a real Docker host of your own."


def configuration(request: HttpRequest) -> dict[str, Any]:
    """As Canvas' "LTI developer key" reads it."""
    pick = {
        "message_type": "LtiDeepLinkingRequest",
        "target_link_uri": absolute(request, "lti-pick"),
        "text": _TITLE,
        "enabled": True,
    }
    host = request.get_host().partition(":")[0]
    return {
        "title": _TITLE,
        "description": _TEXT,
        "target_link_uri": absolute(request, "lesson-list"),
        "oidc_initiation_url": absolute(request, "lti-login"),
        "public_jwk_url": absolute(request, "lti-keys"),
        "public_jwk": keys.key_set()["keys"][0],
        "redirect_uris": [absolute(request, "lti-launch")],
        "scopes": [claims.SCOPE_SCORE, claims.SCOPE_COLUMN],
        "custom_fields": {},
        "extensions": [
            {
                "platform": "canvas.instructure.com",
                "domain": host,
                "tool_id": "docker-playground",
                "privacy_level": "name_only",
                "settings": {
                    "text": _TITLE,
                    "placements": [
                        {"placement": "assignment_selection", **pick},
                        {"placement": "link_selection", **pick},
                    ],
                },
            }
        ],
    }
