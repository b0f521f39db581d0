"""Pages of projector mode."""

from __future__ import annotations

import re

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lessons.views import catalogue_tags
from playground.accounts import audit
from playground.accounts.models import User
from playground.accounts.roles import user_of
from playground.accounts.students import student_of
from playground.classes.access import find_membership, find_taught, teachers_only
from playground.classes.models import Class
from playground.classes.telling import tell_members

_TERMINAL = re.compile(r"[a-z0-9-]{1,32}")


@require_POST
@teachers_only
def project(request: HttpRequest, course: Class) -> HttpResponse:
    """Show the class one's own ``terminal`` and picture; with ``stop`` no more."""
    terminal = "" if request.POST.get("stop") else request.POST.get("terminal") or "main"
    if terminal and not _TERMINAL.fullmatch(terminal):
        return HttpResponseBadRequest("terminal: its name, 1 to 32 of a-z, 0-9 and -")
    course.projected_student = user_of(request).student if terminal else ""
    course.projected_terminal = terminal
    course.save(update_fields=["projected_student", "projected_terminal"])
    action = "class.project" if terminal else "class.project_end"
    audit.record(request, action, f"class {course.pk}", terminal=terminal)
    tell_members(course, {"projector": bool(terminal)})
    return redirect("class-live", course.pk)


@never_cache
@require_safe
def projector(request: HttpRequest, pk: int) -> HttpResponse:
    """The page that follows it, for members and instructors of the class."""
    course = _followed(request, pk)
    words = {
        "course": course,
        "title": course.name,
        "void": _("The instructor shows nothing at the moment. Reload the page to look again."),
        "terminal_socket": f"/ws/classes/{course.pk}/projector/terminal/",
        "engine_socket": f"/ws/classes/{course.pk}/projector/engine/",
        "catalogue_tags": catalogue_tags(),
    }
    return render(request, "classes/projector.html", words)


def _followed(request: HttpRequest, pk: int) -> Class:
    if member := find_membership(student_of(request.session), pk):
        return member.course
    user = request.user
    course = find_taught(user, pk) if isinstance(user, User) else None
    if course is None:
        raise Http404
    return course
