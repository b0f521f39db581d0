"""Pages about sandboxes and their images."""

from __future__ import annotations

from django.urls import path

from playground.sandboxes import views

urlpatterns = [
    path("images/", views.catalogue, name="catalogue"),
    path("sandbox/reset/", views.reset, name="sandbox-reset"),
]
