"""Addresses of accounts: ours, and allauth's below the same path."""

from __future__ import annotations

from django.urls import include, path

from playground.accounts import views

urlpatterns = [
    path("", views.me, name="account"),
    path("export/", views.export, name="account-export"),
    path("delete/", views.delete, name="account-delete"),
    path("first/<str:word>/", views.first_administrator, name="first-administrator"),
    path("", include("allauth.urls")),
]
