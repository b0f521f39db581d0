"""What the worker does."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from lessons.authoring import playing
from lessons.authoring.models import Play, tidy

#: Seconds after which a play that waits for another looks again.
_AGAIN = 2
#: A lesson with large builds takes minutes; unlike other tasks it must not begin a second time.
_MOST_SECONDS = int(playing.LASTS.total_seconds())


@shared_task(time_limit=_MOST_SECONDS, acks_late=False, reject_on_worker_lost=False)
def play(pk: int) -> None:
    """Play a draft's solutions. One at a time: the worker's other hands are for students."""
    row = Play.objects.filter(pk=pk).first()
    if row is None or row.state != Play.State.WAITING or not playing.is_under_way(row):
        return
    others = Play.objects.filter(state=Play.State.RUNNING).exclude(pk=pk)
    if any(playing.is_under_way(each) for each in others):
        play.apply_async((pk,), countdown=_AGAIN)
        return
    now = timezone.now()
    waiting = Play.objects.filter(pk=pk, state=Play.State.WAITING)
    if waiting.update(state=Play.State.RUNNING, seen=now):
        row.state, row.seen = Play.State.RUNNING, now
        playing.run(row)


@shared_task
def tidy_files() -> None:
    """Remove files that no revision and no version has any more."""
    tidy(timedelta(days=1))
