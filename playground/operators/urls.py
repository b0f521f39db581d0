"""Addresses of the operator's pages."""

from __future__ import annotations

from django.urls import path

from playground.operators import views

urlpatterns = [
    path("", views.operator, name="operator"),
    path("state/", views.state, name="operator-state"),
    path("act/", views.act, name="operator-act"),
    path("users/", views.users, name="operator-users"),
    path("users/<int:pk>/", views.user, name="operator-user"),
    path("log/", views.log, name="operator-log"),
    path("announcements/", views.announcements, name="operator-announcements"),
]
