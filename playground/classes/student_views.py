"""Pages of a class's members."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lessons import library, progress
from lessons.languages import language_now
from playground.accounts.models import User
from playground.accounts.students import ensure_student, student_of
from playground.classes import joining, saying
from playground.classes.access import members_of_class_only
from playground.classes.models import Class, HelpRequest, Membership, taught_by
from playground.classes.telling import tell_live
from playground.sandboxes import addresses

#: What was said longer ago is on the class's page only.
_NEWS = timedelta(hours=12)
_MOST_NEWS = 20


@never_cache
@require_safe
def classes(request: HttpRequest) -> HttpResponse:
    """The classes that one is in, with their lessons, and those that one teaches."""
    student = student_of(request.session)
    mine = Membership.objects.filter(student=student).select_related("course") if student else []
    teaching = taught_by(request.user) if isinstance(request.user, User) else []
    words = {
        "memberships": [
            {"member": each, "lessons": _lessons(each.course, student)}
            for each in mine
            if not each.course.archived
        ],
        "over": [each for each in mine if each.course.archived],
        "teaching": teaching,
        "may_teach": isinstance(request.user, User) and request.user.is_instructor,
    }
    return render(request, "classes/list.html", words)


@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str = "") -> HttpResponse:
    """Join by an invitation's link, or by a code; without an account too."""
    network = addresses.network_of(_client(request))
    problem = ""
    course: Class | None = None
    try:
        course = joining.by_token(token) if token else None
        if token and course is None:
            return render(request, "classes/join.html", {"void": True}, status=404)
        if request.method == "POST" and course is None:
            course = joining.by_code(request.POST.get("code", ""), network)
            problem = "" if course else _("There is no class with this code that can be joined.")
    except joining.TooManyGuesses:
        problem = _("Too many wrong codes came from your network. Try again in ten minutes.")
    name = joining.clean_name(request.POST.get("name", ""))
    if request.method == "POST" and course:
        if not name:
            problem = _("Say your name: your instructor sees it.")
        elif joining.join(course, ensure_student(request.session), name) is None:
            problem = _("This class is full.")
        else:
            return redirect("class", course.pk)
    user = request.user
    words = {
        "course": course if token else None,
        "token": token,
        "problem": problem,
        "code": request.POST.get("code", request.GET.get("code", ""))[:20],
        "name": name or (str(user) if isinstance(user, User) else ""),
    }
    return render(request, "classes/join.html", words, status=400 if problem else 200)


@never_cache
@require_safe
@members_of_class_only
def page(request: HttpRequest, member: Membership) -> HttpResponse:
    """A class as a member sees it."""
    words = {
        "member": member,
        "course": member.course,
        "lessons": _lessons(member.course, member.student),
        "said": saying.messages_for(member)[:50],
    }
    return render(request, "classes/class.html", words)


@require_POST
@members_of_class_only
def leave(request: HttpRequest, member: Membership) -> HttpResponse:
    """Leave a class; what its instructors saw of one goes with that."""
    course = member.course
    member.delete()
    tell_live(course)
    messages.success(request, _("You have left the class."))
    return redirect("classes")


@require_POST
@members_of_class_only
def ask_help(request: HttpRequest, member: Membership) -> HttpResponse:
    """Ask for help (``wanted=1``), or take that back."""
    if request.POST.get("wanted") == "1":
        saying.ask_for_help(member)
    else:
        saying.end_help(member)
    if request.headers.get("accept", "").startswith("application/json"):
        return JsonResponse({"ok": True})
    return redirect("class", member.course_id)


@never_cache
@require_safe
def now(request: HttpRequest) -> JsonResponse:
    """What a lesson's page shows of one's classes when it opens."""
    student = student_of(request.session)
    rows = Membership.objects.filter(student=student, course__archived=None) if student else []
    found: list[Membership] = list(rows)
    since = timezone.now() - _NEWS
    asked = set(
        HelpRequest.objects.filter(member__in=found, ended=None).values_list("member", flat=True)
    )
    said = [
        message.document()
        for member in found
        for message in saying.messages_for(member).filter(at__gte=since)[:_MOST_NEWS]
    ]
    return JsonResponse(
        {
            "classes": [
                {
                    "id": member.course_id,
                    "name": member.course.name,
                    "help": member.pk in asked,
                    "help_address": reverse("class-help", args=[member.course_id]),
                    "lessons": list(member.course.assignments.values_list("lesson", flat=True)),
                    "projector": bool(member.course.projected_terminal)
                    and reverse("class-projector", args=[member.course_id]),
                }
                for member in found
            ],
            "messages": sorted(said, key=lambda each: str(each["at"])),
        }
    )


def _lessons(course: Class, student: str) -> list[dict[str, Any]]:
    language = language_now()
    states = progress.states(student) if student else {}
    moment = timezone.now()
    found = []
    for given in course.assignments.all():
        lesson = library.lesson(given.lesson)
        if lesson is None:  # removed since
            continue
        found.append(
            {
                "slug": lesson.slug,
                "title": lesson.titles[language],
                "since": given.since,
                "until": given.until,
                "later": bool(given.since and given.since > moment),
                "over": bool(given.until and given.until < moment),
                "state": states.get(lesson.slug),
            }
        )
    return found


def _client(request: HttpRequest) -> tuple[str, int]:
    return (request.META.get("REMOTE_ADDR", ""), 0)
