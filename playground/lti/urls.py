"""Addresses of LTI: what platforms are told, and the pages for administrators."""

from __future__ import annotations

from django.urls import path

from playground.lti import registry, views

urlpatterns = [
    path("login/", views.login, name="lti-login"),
    path("launch/", views.launch, name="lti-launch"),
    path("pick/", views.pick, name="lti-pick"),
    path("keys.json", views.key_set, name="lti-keys"),
    path("canvas.json", registry.canvas, name="lti-canvas"),
    path("platforms/", registry.platforms, name="lti-platforms"),
    path("platforms/new/", registry.new, name="lti-new"),
    path("platforms/link/", registry.link, name="lti-link"),
    path("register/<str:word>/", views.register, name="lti-register"),
    path("platforms/<int:pk>/", registry.platform, name="lti-platform"),
]
