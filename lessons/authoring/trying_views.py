"""A draft as its students would have it, and its solutions played."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from lessons.authoring import playing, saving, tasks
from lessons.authoring.access import readers_only
from lessons.authoring.models import Draft, Play
from lessons.authoring.published import hidden_name, tried
from lessons.authoring.publishing import problems
from lessons.models import StepProgress, TaskDone
from lessons.views import shown
from playground.accounts.roles import user_of


@never_cache
@require_safe
@readers_only
def try_it(request: HttpRequest, draft: Draft) -> HttpResponse:
    """The newest revision as a lesson, beside one's own host."""
    student = user_of(request).student
    lesson = tried(student, draft.pk, draft.head)
    if lesson is None:
        found = problems(draft.slug, draft.files())
        return render(
            request, "authoring/no_try.html", {"draft": draft, "problems": found}, status=422
        )
    _forget(draft, student, but=lesson.slug)
    return render(request, "authoring/try.html", {**shown(lesson, student), "draft": draft})


@require_POST
@readers_only
def try_again(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Forget what one did of a draft."""
    _forget(draft, user_of(request).student)
    return redirect("author-try", pk=draft.pk)


def _forget(draft: Draft, student: str, but: str = "") -> None:
    """Each revision is tried from its beginning."""
    name = hidden_name(draft.pk, 0).rpartition("_")[0] + "_"
    for model in (StepProgress, TaskDone):
        rows = model.objects.filter(student=student, lesson__startswith=name)
        rows.exclude(lesson=but).delete()


@require_POST
@readers_only
def play(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Begin to play the newest revision; one that is under way goes on."""
    with transaction.atomic():
        draft = saving.locked(draft)
        last = draft.plays.first()
        if last is None or not playing.is_under_way(last):
            last = draft.plays.create(revision=draft.head, by=user_of(request))
            begun = last.pk
            transaction.on_commit(lambda: tasks.play.delay(begun))
    return redirect("author-played", pk=draft.pk, play=last.pk)


@never_cache
@require_safe
@readers_only
def played(request: HttpRequest, draft: Draft, play: int) -> HttpResponse:
    """How a play goes; as JSON for the page's script."""
    found = draft.plays.filter(pk=play).first()
    if found is None:
        raise Http404
    if request.headers.get("Accept") == "application/json":
        return JsonResponse(_said(found))
    return render(
        request, "authoring/played.html", {"draft": draft, "play": found, "said": _said(found)}
    )


def _said(play: Play) -> dict[str, object]:
    over = not playing.is_under_way(play)
    lost = over and play.state in (Play.State.WAITING, Play.State.RUNNING)
    return {
        "state": Play.State.FAILED if lost else play.state,
        "over": over,
        "lost": lost,
        "seconds": round(play.seconds),
        "checks": play.checks,
        "problems": play.problems,
    }
