"""All addresses of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

handler500 = "playground.observing.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="lesson-list"), name="home"),
    path("operator/", include("playground.operators.urls")),
    path("lti/", include("playground.lti.urls")),
    path("admin/", admin.site.urls),
    path("", include("playground.api.urls")),
    path("account/", include("playground.accounts.urls")),
    path("", include("playground.classes.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("author/", include("lessons.authoring.urls")),
    path("", include("lessons.urls")),
    path("explain/", include("lessons.explain.urls")),
    path("", include("playground.sandboxes.urls")),
    path("", include("playground.archives.urls")),
]
