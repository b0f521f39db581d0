"""Addresses of the explainer and the builder.

``/explain/?line=…`` is the page for a line; ``/explain/part/?line=…`` is the same as a piece of
HTML, to be put into another page. ``/explain/builder/?image=…&name=…`` takes the options of
``docker run`` by their long names; ``/explain/builder/line/`` with the same is its piece.
"""

from __future__ import annotations

from django.urls import path

from lessons.explain import views

urlpatterns = [
    path("", views.explainer, name="explain"),
    path("part/", views.part, name="explain-part"),
    path("builder/", views.builder, name="explain-builder"),
    path("builder/line/", views.builder_line, name="explain-builder-line"),
]
