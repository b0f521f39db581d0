"""Pages on which instructors set up their classes."""

from __future__ import annotations

from typing import Any

import segno
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from lessons import library
from lessons.languages import language_now
from playground.accounts import audit
from playground.accounts.models import User
from playground.accounts.roles import instructors_only, user_of
from playground.classes import policy
from playground.classes.access import teachers_only
from playground.classes.forms import ClassForm, read_time
from playground.classes.models import Assignment, Class, Membership, new_code, new_token
from playground.classes.telling import tell_live, tell_member


@never_cache
@require_http_methods(["GET", "POST"])
@instructors_only
def create(request: HttpRequest) -> HttpResponse:
    """Make a class."""
    form = ClassForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.instance.owner = user_of(request)
        made = form.save()
        policy.prewarm(made)
        audit.record(request, "class.add", _target(made), name=made.name)
        return redirect("class-edit", made.pk)
    return render(request, "classes/new.html", {"form": form})


@never_cache
@require_http_methods(["GET", "POST"])
@teachers_only
def edit(request: HttpRequest, course: Class) -> HttpResponse:
    """A class's settings, invitation, lessons and people."""
    form = ClassForm(request.POST or None, instance=course)
    if request.method == "POST" and form.is_valid():
        form.save()
        policy.prewarm(course)
        audit.record(request, "class.change", _target(course), fields=form.changed_data)
        messages.success(request, _("Saved."))
        return redirect("class-edit", course.pk)
    link = request.build_absolute_uri(reverse("class-join-link", args=[course.token]))
    words = {
        "course": course,
        "form": form,
        "link": link,
        "qr": qr_code(link),
        "lessons": _lessons(course),
        "members": course.members.all(),
        "helpers": course.helpers.all(),
        "is_owner": course.owner_id == user_of(request).pk,
    }
    return render(request, "classes/edit.html", words, status=400 if form.errors else 200)


def qr_code(text: str) -> SafeString:
    """A text as a QR code: an SVG element without styles, black on white in dark mode too."""
    drawn = segno.make(text, error="m").svg_inline(scale=5, dark="#000", light="#fff", border=3)
    return mark_safe(drawn)  # noqa: S308  (segno writes numbers and colours only)


@require_POST
@teachers_only
def invitation(request: HttpRequest, course: Class) -> HttpResponse:
    """Make the old link and code void, and new ones."""
    course.code, course.token = new_code(), new_token()
    course.save(update_fields=["code", "token"])
    audit.record(request, "class.new_invitation", _target(course))
    return redirect("class-edit", course.pk)


@require_POST
@teachers_only
def archive(request: HttpRequest, course: Class) -> HttpResponse:
    """End a class, or go on with it; nothing is lost by that."""
    course.archived = None if course.archived else timezone.now()
    course.save(update_fields=["archived"])
    policy.prewarm(course)
    audit.record(request, "class.archive" if course.archived else "class.go_on", _target(course))
    return redirect("class-edit", course.pk)


@require_POST
@teachers_only
def lessons(request: HttpRequest, course: Class) -> HttpResponse:
    """Pick lessons: ``lesson`` for each, with ``since-``, ``until-`` and ``order-`` its name."""
    zone = request.POST.get("zone", "")
    picked = []
    for slug in request.POST.getlist("lesson"):
        if library.lesson(slug) is None:
            return HttpResponseBadRequest("no such lesson")
        try:
            since = read_time(request.POST.get(f"since-{slug}", ""), zone)
            until = read_time(request.POST.get(f"until-{slug}", ""), zone)
            order = int(request.POST.get(f"order-{slug}") or 0)
        except ValueError:
            messages.error(request, _("Give a date and a time, as 2026-03-01T10:00."))
            return redirect("class-edit", course.pk)
        if since and until and until <= since:
            messages.error(request, _("A lesson must end after it begins."))
            return redirect("class-edit", course.pk)
        picked.append(
            Assignment(
                course=course, lesson=slug, since=since, until=until, order=min(max(order, 0), 999)
            )
        )
    with transaction.atomic():
        course.assignments.all().delete()
        Assignment.objects.bulk_create({each.lesson: each for each in picked}.values())
    audit.record(request, "class.lessons", _target(course), lessons=[p.lesson for p in picked])
    tell_live(course)
    messages.success(request, _("Saved."))
    return redirect("class-edit", course.pk)


@require_POST
@teachers_only
def helpers(request: HttpRequest, course: Class) -> HttpResponse:
    """Let another instructor teach along (``add``: a user name), or not any more (``remove``)."""
    if course.owner_id != user_of(request).pk:
        raise Http404
    if name := request.POST.get("add", "").strip():
        person = User.objects.filter(username=name).first()
        if person is None or not person.is_instructor:
            messages.error(request, _("There is no instructor of that user name."))
            return redirect("class-edit", course.pk)
        course.helpers.add(person)
        audit.record(request, "class.helper_add", _target(course), who=person.username)
    elif (pk := request.POST.get("remove", "")).isdigit():
        course.helpers.remove(int(pk))
        audit.record(request, "class.helper_remove", _target(course), who=int(pk))
    return redirect("class-edit", course.pk)


@require_POST
@teachers_only
def remove_member(request: HttpRequest, course: Class, member: int) -> HttpResponse:
    """Take somebody out of the class; their progress and host stay theirs."""
    found = course.members.filter(pk=member).first()
    if found is None:
        raise Http404
    _take_out(found)
    audit.record(request, "class.member_remove", _target(course), who=found.name)
    return redirect("class-edit", course.pk)


def _take_out(member: Membership) -> None:
    course = member.course
    tell_member(member, {"removed": True})
    member.delete()
    tell_live(course)


def _lessons(course: Class) -> list[dict[str, Any]]:
    language = language_now()
    given = {each.lesson: each for each in course.assignments.all()}
    found = [
        {"slug": each.slug, "title": each.titles[language], "given": given.get(each.slug)}
        for each in library.lessons()
    ]
    return sorted(found, key=lambda each: each["given"].order if each["given"] else 1000)


def _target(course: Class) -> str:
    return f"class {course.pk}"
