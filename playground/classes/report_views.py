"""Pages about what a class has done."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lessons.languages import language_now
from playground import spreadsheet
from playground.accounts import audit
from playground.classes import report as reports
from playground.classes.access import teachers_only
from playground.classes.models import Class


@never_cache
@require_safe
@teachers_only
def report(request: HttpRequest, course: Class) -> HttpResponse:
    """What was done by step, and where and with what people failed."""
    words = {"course": course, "lessons": reports.lessons(course, language_now())}
    return render(request, "classes/report.html", words | {"members": course.members.count()})


@never_cache
@require_safe
@teachers_only
def download(request: HttpRequest, course: Class) -> HttpResponse:
    """The same by member and step, as CSV."""
    audit.record(request, "class.export", f"class {course.pk}")
    return spreadsheet.download(f"{course.name}.csv", reports.table(course))
