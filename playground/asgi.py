"""The web process: pages by Django, websockets by Channels, students' ports by their host names."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
pages = get_asgi_application()  # before anything that imports models

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from lessons import routing as lessons  # noqa: E402
from playground.celery import app as celery_app  # noqa: E402
from playground.runtime import open_files  # noqa: E402
from playground.sandboxes import routing as sandboxes  # noqa: E402
from playground.sandboxes.ports.dispatch import ByHost  # noqa: E402
from playground.sandboxes.uploads import UploadConsumer  # noqa: E402

celery_app.set_current()
open_files.raise_limit()  # each request to a student's port takes two

upload = AuthMiddlewareStack(UploadConsumer.as_asgi())
site = ProtocolTypeRouter(
    {
        # Django would take in the whole body of an upload before it looks at it.
        "http": URLRouter([path("sandbox/files/put/", upload), re_path("", pages)]),  # type: ignore[list-item, arg-type]
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(
                URLRouter([*sandboxes.websocket_urlpatterns, *lessons.websocket_urlpatterns])  # type: ignore[list-item]
            )
        ),
    }
)

application = ByHost(site)  # type: ignore[arg-type]
