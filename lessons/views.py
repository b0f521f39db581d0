"""The list of lessons, and a lesson beside its terminal."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache

from lessons import library, markdown
from lessons.format import LANGUAGES
from playground.sandboxes.students import ensure_student


def _language() -> str:
    code = (get_language() or "en")[:2]
    return code if code in LANGUAGES else "en"


def lesson_list(request: HttpRequest) -> HttpResponse:
    """All lessons."""
    language = _language()
    cards = [
        {
            "slug": lesson.slug,
            "title": lesson.titles[language],
            "summary": lesson.summaries[language],
            "minutes": lesson.minutes,
            "level": lesson.level,
            "steps": len(lesson.steps),
        }
        for lesson in library.lessons()
    ]
    return render(request, "lessons/list.html", {"lessons": cards})


@never_cache
def lesson_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One lesson: all its steps, of which the page shows one at a time."""
    lesson = library.lesson(slug)
    if lesson is None:
        raise Http404
    ensure_student(request.session)
    language = _language()
    every = library.lessons()
    index = every.index(lesson)
    following = every[index + 1] if index + 1 < len(every) else None
    return render(
        request,
        "lessons/lesson.html",
        {
            "lesson": lesson,
            "title": lesson.titles[language],
            "steps": [
                {"name": step.name, "html": markdown.render(step.sources[language], language)}
                for step in lesson.steps
            ],
            "following": following and following.slug,
            "following_title": following and following.titles[language],
        },
    )
