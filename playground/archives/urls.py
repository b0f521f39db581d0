"""The page about layers."""

from __future__ import annotations

from django.urls import path

from playground.archives import views

urlpatterns = [
    path("layers/", views.layers, name="layers"),
    path("layers/archives/", views.archives, name="archives"),
    path("layers/archives/ticket/", views.ticket, name="archive-ticket"),
    path("layers/archives/<slug:archive>/remove/", views.remove, name="archive-remove"),
]
