"""Pages about sandboxes and their images."""

from __future__ import annotations

from django.urls import path

from playground.sandboxes import files, sharing, views
from playground.sandboxes.ports.views import port

urlpatterns = [
    path("images/", views.catalogue, name="catalogue"),
    path("recordings/", views.recordings, name="recordings"),
    path("ports/<int:port>/", port, name="port"),
    path("sandbox/share/", sharing.share, name="share"),
    path("sandbox/share/stop/", sharing.stop, name="share-stop"),
    path("watch/<str:token>/", sharing.watch, name="watch"),
    path("sandbox/before/", views.before, name="host-before"),
    path("sandbox/reset/", views.reset, name="sandbox-reset"),
    path("sandbox/files/look/", files.look, name="files-look"),
    path("sandbox/files/get/", files.download, name="files-download"),
    path("sandbox/files/ticket/", files.upload_ticket, name="files-ticket"),
]
