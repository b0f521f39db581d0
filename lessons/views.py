"""The map of lessons, a lesson beside its terminal, progress, certificates."""

from __future__ import annotations

import mimetypes
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lessons import library, markdown, progress
from lessons.languages import language_now
from lessons.library import Lesson
from lessons.mapping import lesson_map
from lessons.problems import catalogue
from lessons.shelf import shelf
from playground.accounts.students import ensure_student, student_of


def catalogue_tags() -> str:
    """The names of the images that every host begins with, for the picture."""
    return " ".join(sorted(catalogue()))


@never_cache
@require_safe
def lesson_list(request: HttpRequest) -> HttpResponse:
    """All lessons by track, how far one is, and what leads to what."""
    language = language_now()
    student = student_of(request.session)
    states = progress.states(student)
    every = library.lessons_of(student)
    going_on = [
        (state.last_seen, lesson)
        for lesson in every
        if (state := states[lesson.slug]).last_seen and not state.done
    ]
    last = max(going_on, key=lambda pair: str(pair[0]))[1] if going_on else None
    return render(
        request,
        "lessons/list.html",
        {
            "tracks": [
                {
                    "name": name,
                    "title": track.title.by_language()[language],
                    "summary": track.summary.by_language()[language],
                    "lessons": [
                        {
                            "slug": lesson.slug,
                            "title": lesson.titles[language],
                            "summary": lesson.summaries[language],
                            "minutes": lesson.minutes,
                            "level": lesson.level,
                            "steps": len(lesson.steps),
                            "state": states[lesson.slug],
                        }
                        for lesson in every
                        if lesson.track == name
                    ],
                    "done": progress.track_done(student, name),
                }
                for name, track in library.tracks().items()
            ],
            "map": lesson_map(language, states),
            "last": last
            and {
                "title": last.titles[language],
                "address": f"{reverse('lesson', args=[last.slug])}#{states[last.slug].resume}",
            },
        },
    )


@never_cache
@require_safe
def lesson_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One lesson: all its steps, of which the page shows one at a time."""
    lesson = library.open_lesson(student_of(request.session), slug)
    if lesson is None:
        raise Http404
    student = ensure_student(request.session)
    lesson = library.open_lesson(student, slug) or lesson
    return render(request, "lessons/lesson.html", shown(lesson, student))


def shown(lesson: Lesson, student: str) -> dict[str, Any]:
    """What the page of a lesson is made of."""
    language = language_now()
    now = library.lesson(lesson.slug)
    every = library.lessons()
    index = every.index(now) if now else len(every)
    following = every[index + 1] if index + 1 < len(every) else None
    pictures = reverse("lesson-picture", args=[lesson.slug, "x"])[:-1]
    return {
        "lesson": lesson,
        "language": language,
        "title": lesson.titles[language],
        "steps": [
            {
                "name": step.name,
                "title": step.read(language).title,
                "html": markdown.render(step.sources[language], language, pictures),
                "tasks": len(step.tasks),
            }
            for step in lesson.steps
        ],
        "resume": progress.state(student, lesson).resume,
        "is_newer": now is not None and now != lesson,
        "catalogue_tags": catalogue_tags(),
        "track": lesson.track,
        "following": following and following.slug,
        "following_title": following and following.titles[language],
        "ends_track": following is None or following.track != lesson.track,
    }


@require_POST
def renew(request: HttpRequest, slug: str) -> HttpResponse:
    """Go on with a lesson as it is today."""
    more = shelf()
    if more is None or library.lesson(slug) is None:
        raise Http404
    more.renew(student_of(request.session), slug)
    return redirect("lesson", slug=slug)


@require_safe
def playground(request: HttpRequest) -> HttpResponse:
    """A host without a lesson."""
    ensure_student(request.session)
    return render(request, "lessons/playground.html", {"catalogue_tags": catalogue_tags()})


@require_safe
def lesson_picture(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """A picture of a lesson's folder. Shown as an image only: no script in it runs."""
    lesson = library.open_lesson(student_of(request.session), slug)
    kind = mimetypes.guess_type(name)[0] or ""
    if lesson is None or not kind.startswith("image/") or name not in lesson.files:
        raise Http404
    response = HttpResponse(lesson.files[name], content_type=kind)
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["Cache-Control"] = "private, max-age=60"  # it may be another of the same name soon
    return response


@never_cache
@require_safe
def certificate(request: HttpRequest, track: str) -> HttpResponse:
    """What a student gets who did a whole track; a page to print."""
    found = library.tracks().get(track)
    if found is None:
        raise Http404
    language = language_now()
    student = student_of(request.session)
    lessons = [each for each in library.lessons_of(student) if each.track == track]
    states = progress.states(student)
    return render(
        request,
        "lessons/certificate.html",
        {
            "title": found.title.by_language()[language],
            "when": progress.track_done(student, track),
            "lessons": [
                {
                    "slug": each.slug,
                    "title": each.titles[language],
                    "state": states[each.slug],
                }
                for each in lessons
            ],
            "minutes": sum(each.minutes for each in lessons),
        },
    )
