"""Websocket addresses."""

from __future__ import annotations

from django.urls import path

from playground.archives.consumers import ArchiveLayersConsumer

websocket_urlpatterns = [
    path("ws/layers/<slug:archive>/", ArchiveLayersConsumer.as_asgi()),  # type: ignore[arg-type]
]
