"""The web process: pages by Django, websockets by Channels, students' ports by their host names."""

from __future__ import annotations

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
pages = get_asgi_application()  # before anything that imports models

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from lessons import routing as lessons  # noqa: E402
from playground.archives import routing as archives  # noqa: E402
from playground.archives.uploads import ArchiveUpload  # noqa: E402
from playground.celery import app as celery_app  # noqa: E402
from playground.classes import routing as classes  # noqa: E402
from playground.observing.application import Observed  # noqa: E402
from playground.runtime import open_files  # noqa: E402
from playground.sandboxes import routing as sandboxes  # noqa: E402
from playground.sandboxes.ports.dispatch import ByHost  # noqa: E402
from playground.sandboxes.uploads import UploadConsumer  # noqa: E402

celery_app.set_current()
open_files.raise_limit()  # each request to a student's port takes two

upload: Any = AuthMiddlewareStack(UploadConsumer.as_asgi())
archive: Any = AuthMiddlewareStack(ArchiveUpload.as_asgi())
sockets: list[Any] = [
    *sandboxes.websocket_urlpatterns,
    *archives.websocket_urlpatterns,
    *lessons.websocket_urlpatterns,
    *classes.websocket_urlpatterns,
]
site = ProtocolTypeRouter(
    {
        # Django would take in the whole body of an upload before it looks at it.
        "http": URLRouter(
            [
                path("sandbox/files/put/", upload),
                path("layers/archives/put/", archive),
                re_path("", pages),  # type: ignore[list-item, arg-type]
            ]
        ),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(sockets))),
    }
)

application = Observed(ByHost(site))  # type: ignore[arg-type]
