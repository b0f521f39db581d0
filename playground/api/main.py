"""The API itself, version 1."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI

from playground.api import problems
from playground.api.access import Rate
from playground.api.classes import router as classes
from playground.api.images import router as images
from playground.api.lessons import mine
from playground.api.lessons import router as lessons
from playground.api.sandboxes import router as sandboxes


class Api(NinjaAPI):
    """Django-ninja's, with errors in the schema as they are sent."""

    def get_openapi_schema(self, **options: Any) -> Any:
        """The schema. Ninja knows one media type; errors have another (RFC 9457)."""
        schema = super().get_openapi_schema(**options)
        for methods in schema["paths"].values():
            for operation in methods.values():
                for status, answer in operation["responses"].items():
                    content = answer.get("content", {})
                    if int(status) >= 400 and "application/json" in content:
                        content[problems.MEDIA_TYPE] = content.pop("application/json")
        return schema


api = Api(
    title="Docker Playground",
    version="1",
    urls_namespace="api-v1",
    description=(
        "Lessons, one's own sandbox, progress and classes. Tokens are made at /account/tokens/; "
        "a browser's session works too."
    ),
    docs_url=None,
    throttle=[Rate("all", "API_REQUESTS_A_MINUTE")],
)
problems.install(api)
api.add_router("/lessons", lessons)
api.add_router("/progress", mine)
api.add_router("/sandboxes", sandboxes)
api.add_router("/images", images)
api.add_router("/classes", classes)
