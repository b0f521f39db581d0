"""Addresses of the API, of its page and of one's tokens."""

from __future__ import annotations

from django.urls import path, re_path

from playground.api import problems, views
from playground.api.main import api

urlpatterns = [
    path("account/tokens/", views.token_list, name="api-tokens"),
    path("account/tokens/<int:pk>/end/", views.token_end, name="api-token-end"),
    path("api/", views.about, name="api"),
    path("api/v1/", api.urls),
    re_path(r"^api/v1/", problems.not_found),
]
