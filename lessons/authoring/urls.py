"""Addresses below ``author/``; all are instructors' only."""

from __future__ import annotations

from django.urls import path

from lessons.authoring import editing_views, review_views, trying_views, views

urlpatterns = [
    path("", views.overview, name="author"),
    path("new/", views.create, name="author-new"),
    path("words/", editing_views.words, name="author-words"),
    path("<int:pk>/", editing_views.edit, name="author-edit"),
    path("<int:pk>/save/", editing_views.save, name="author-save"),
    path("<int:pk>/look/", editing_views.look, name="author-look"),
    path("<int:pk>/settle/", editing_views.settle, name="author-settle"),
    path("<int:pk>/pictures/", editing_views.add_picture, name="author-add-picture"),
    path("<int:pk>/pictures/<str:name>", editing_views.picture, name="author-picture"),
    path("<int:pk>/try/", trying_views.try_it, name="author-try"),
    path("<int:pk>/try/again/", trying_views.try_again, name="author-try-again"),
    path("<int:pk>/play/", trying_views.play, name="author-play"),
    path("<int:pk>/plays/<int:play>/", trying_views.played, name="author-played"),
    path("<int:pk>/versions/", review_views.versions, name="author-versions"),
    path("<int:pk>/review/", review_views.review, name="author-review"),
    path("<int:pk>/restore/", review_views.restore, name="author-restore"),
    path("<int:pk>/give/", review_views.give, name="author-give"),
    path("<int:pk>/export.zip", views.export, name="author-export"),
    path("<int:pk>/upload/", views.upload, name="author-upload"),
    path("<int:pk>/sync/", views.sync, name="author-sync"),
    path("<int:pk>/authors/", views.authors, name="author-authors"),
    path("<int:pk>/rename/", views.rename, name="author-rename"),
    path("<int:pk>/delete/", views.delete, name="author-delete"),
]
