"""Addresses of the lessons."""

from __future__ import annotations

from django.urls import path

from lessons import carry, views

urlpatterns = [
    path("lessons/", views.lesson_list, name="lesson-list"),
    path("lessons/<slug:slug>/", views.lesson_detail, name="lesson"),
    path("lessons/<slug:slug>/pictures/<str:name>", views.lesson_picture, name="lesson-picture"),
    path("lessons/<slug:slug>/newer/", views.renew, name="lesson-renew"),
    path("tracks/<slug:track>/certificate/", views.certificate, name="certificate"),
    path("playground/", views.playground, name="playground"),
    path("progress/carry/", carry.offer, name="carry"),
    path("progress/carry/<str:token>/", carry.take, name="carry-take"),
]
