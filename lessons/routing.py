"""Websocket addresses of the lessons."""

from __future__ import annotations

from django.urls import path

from lessons.consumers import LessonConsumer

websocket_urlpatterns = [
    path("ws/lesson/<slug:slug>/", LessonConsumer.as_asgi()),  # type: ignore[arg-type]
]
