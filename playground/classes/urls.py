"""Addresses of classes: below ``classes/`` for members, below ``teach/`` for instructors."""

from __future__ import annotations

from django.urls import path

from playground.classes import live_views, projector_views, report_views, student_views, views

urlpatterns = [
    path("classes/", student_views.classes, name="classes"),
    path("classes/now/", student_views.now, name="class-now"),
    path("classes/join/", student_views.join, name="class-join"),
    path("classes/join/<str:token>/", student_views.join, name="class-join-link"),
    path("classes/<int:pk>/", student_views.page, name="class"),
    path("classes/<int:pk>/leave/", student_views.leave, name="class-leave"),
    path("classes/<int:pk>/help/", student_views.ask_help, name="class-help"),
    path("classes/<int:pk>/projector/", projector_views.projector, name="class-projector"),
    path("teach/new/", views.create, name="class-new"),
    path("teach/<int:pk>/", views.edit, name="class-edit"),
    path("teach/<int:pk>/invitation/", views.invitation, name="class-invitation"),
    path("teach/<int:pk>/archive/", views.archive, name="class-archive"),
    path("teach/<int:pk>/lessons/", views.lessons, name="class-lessons"),
    path("teach/<int:pk>/helpers/", views.helpers, name="class-helpers"),
    path("teach/<int:pk>/remove/<int:member>/", views.remove_member, name="class-remove-member"),
    path("teach/<int:pk>/live/", live_views.live, name="class-live"),
    path("teach/<int:pk>/say/", live_views.say, name="class-say"),
    path("teach/<int:pk>/file/", live_views.put_file, name="class-file"),
    path("teach/<int:pk>/helped/<int:member>/", live_views.helped, name="class-helped"),
    path("teach/<int:pk>/watch/<int:member>/", live_views.watch, name="class-watch"),
    path("teach/<int:pk>/port/<int:member>/", live_views.port, name="class-port"),
    path("teach/<int:pk>/project/", projector_views.project, name="class-project"),
    path("teach/<int:pk>/report/", report_views.report, name="class-report"),
    path("teach/<int:pk>/report.csv", report_views.download, name="class-report-csv"),
]
