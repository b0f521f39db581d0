"""Websocket addresses of classes."""

from __future__ import annotations

from django.urls import path

from playground.classes.consumers import LiveConsumer, MemberConsumer
from playground.classes.projecting import ProjectedEngine, ProjectedTerminal
from playground.classes.watching import MemberEngine, MemberTerminal

websocket_urlpatterns = [
    path("ws/classes/", MemberConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/classes/<int:pk>/projector/terminal/", ProjectedTerminal.as_asgi()),  # type: ignore[arg-type]
    path("ws/classes/<int:pk>/projector/engine/", ProjectedEngine.as_asgi()),  # type: ignore[arg-type]
    path("ws/teach/<int:pk>/live/", LiveConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/teach/<int:pk>/watch/<int:member>/", MemberTerminal.as_asgi()),  # type: ignore[arg-type]
    path("ws/teach/<int:pk>/engine/<int:member>/", MemberEngine.as_asgi()),  # type: ignore[arg-type]
]
