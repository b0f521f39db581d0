"""The map of lessons, a lesson beside its terminal, progress, certificates."""

from __future__ import annotations

import mimetypes

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lessons import library, markdown, progress
from lessons.languages import language_now
from lessons.mapping import lesson_map
from lessons.problems import catalogue
from playground.accounts.students import ensure_student, student_of


def catalogue_tags() -> str:
    """The names of the images that every host begins with, for the picture."""
    return " ".join(sorted(catalogue()))


@never_cache
@require_safe
def lesson_list(request: HttpRequest) -> HttpResponse:
    """All lessons by track, how far one is, and what leads to what."""
    language = language_now()
    states = progress.states(student_of(request.session))
    going_on = [
        (state.last_seen, lesson)
        for lesson in library.lessons()
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
                        for lesson in library.lessons()
                        if lesson.track == name
                    ],
                    "done": progress.track_done(student_of(request.session), name),
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
    lesson = library.lesson(slug)
    if lesson is None:
        raise Http404
    student = ensure_student(request.session)
    language = language_now()
    every = library.lessons()
    index = every.index(lesson)
    following = every[index + 1] if index + 1 < len(every) else None
    pictures = reverse("lesson-picture", args=[slug, "x"])[:-1]
    return render(
        request,
        "lessons/lesson.html",
        {
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
            "resume": progress.states(student)[slug].resume,
            "catalogue_tags": catalogue_tags(),
            "track": lesson.track,
            "following": following and following.slug,
            "following_title": following and following.titles[language],
            "ends_track": following is None or following.track != lesson.track,
        },
    )


@require_safe
def playground(request: HttpRequest) -> HttpResponse:
    """A host without a lesson."""
    ensure_student(request.session)
    return render(request, "lessons/playground.html", {"catalogue_tags": catalogue_tags()})


@require_safe
def lesson_picture(request: HttpRequest, slug: str, name: str) -> FileResponse:
    """A picture of a lesson's folder. Shown as an image only: no script in it runs."""
    lesson = library.lesson(slug)
    if lesson is None or "/" in name or name.startswith("."):
        raise Http404
    file = lesson.folder / name
    kind = mimetypes.guess_type(name)[0] or ""
    if not kind.startswith("image/") or not file.is_file():
        raise Http404
    response = FileResponse(file.open("rb"), content_type=kind)
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["Cache-Control"] = "max-age=3600"
    return response


@never_cache
@require_safe
def certificate(request: HttpRequest, track: str) -> HttpResponse:
    """What a student gets who did a whole track; a page to print."""
    found = library.tracks().get(track)
    if found is None:
        raise Http404
    language = language_now()
    lessons = [each for each in library.lessons() if each.track == track]
    states = progress.states(student_of(request.session))
    return render(
        request,
        "lessons/certificate.html",
        {
            "title": found.title.by_language()[language],
            "when": progress.track_done(student_of(request.session), track),
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
