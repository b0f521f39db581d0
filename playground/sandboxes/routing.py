"""Websocket addresses."""

from __future__ import annotations

from django.urls import path

from playground.sandboxes.consumers import EngineConsumer, TerminalConsumer
from playground.sandboxes.layers import CatalogueLayersConsumer, HostLayersConsumer
from playground.sandboxes.watching import WatchConsumer

websocket_urlpatterns = [
    path("ws/terminal/<slug:terminal>/", TerminalConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/watch/<str:token>/", WatchConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/engine/", EngineConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/layers/host/", HostLayersConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/layers/catalogue/", CatalogueLayersConsumer.as_asgi()),  # type: ignore[arg-type]
]
