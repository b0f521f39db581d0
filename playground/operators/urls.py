"""Addresses of the operator's pages."""

from __future__ import annotations

from django.urls import path

from playground.operators import limits_views, nodes_views, views
from playground.operators.catalogue import views as catalogue

urlpatterns = [
    path("", views.operator, name="operator"),
    path("state/", views.state, name="operator-state"),
    path("act/", views.act, name="operator-act"),
    path("users/", views.users, name="operator-users"),
    path("users/<int:pk>/", views.user, name="operator-user"),
    path("log/", views.log, name="operator-log"),
    path("announcements/", views.announcements, name="operator-announcements"),
    path("nodes/", nodes_views.nodes, name="operator-nodes"),
    path("nodes/<slug:name>/act/", nodes_views.act, name="operator-node-act"),
    path("limits/", limits_views.limits, name="operator-limits"),
    path("catalogue/", catalogue.catalogue, name="operator-catalogue"),
    path("catalogue/state/", catalogue.state, name="operator-catalogue-state"),
    path("catalogue/build/", catalogue.build, name="operator-catalogue-build"),
    path("catalogue/images/", catalogue.image, name="operator-catalogue-add"),
    path("catalogue/images/<slug:name>/", catalogue.image, name="operator-catalogue-image"),
    path(
        "catalogue/images/<slug:name>/remove/",
        catalogue.remove_image,
        name="operator-catalogue-remove",
    ),
    path("catalogue/<slug:key>/act/", catalogue.act, name="operator-catalogue-act"),
]
