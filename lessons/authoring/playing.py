"""Plays a draft's solutions on a real host, and says how it goes while it does."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.utils import timezone

from lessons import library, player
from lessons.authoring.models import Play, files_of
from lessons.library import LessonError
from playground.runtime.errors import SandboxError
from playground.runtime.sandbox import Sandbox as Host
from playground.sandboxes import nodes, room
from playground.sandboxes.models import Sandbox

#: The longest that one may take or wait, and after which one that is not heard of was ended with
#: its worker.
LASTS, LOST_AFTER = timedelta(minutes=15), timedelta(seconds=30)
_BEAT = 5.0
_MOST_SAID = 3000


def is_under_way(play: Play) -> bool:
    """Whether somebody still works at it, or will."""
    now = timezone.now()
    if play.state == Play.State.RUNNING:
        return now - play.seen < LOST_AFTER
    return play.state == Play.State.WAITING and now - play.started < LASTS


def run(play: Play) -> None:
    """Play it, and keep what comes of it."""
    started = time.monotonic()
    try:
        if not nodes.takes_new() or room.places_here() < 1:
            raise SandboxError(
                "This machine has no room for another host now", "Try it again later"
            )
        files = files_of(play.draft.revision(play.revision).manifest)
        lesson = library.read_files(files, Path(play.draft.slug))
        played = asyncio.run(_play(play, lesson))
        play.problems = [each[:_MOST_SAID] for each in played.problems]
        play.state = Play.State.DONE if played.ok else Play.State.FAILED
    except (SandboxError, LessonError) as error:
        play.problems, play.state = [str(error)[:_MOST_SAID]], Play.State.FAILED
    play.seconds = time.monotonic() - started
    play.save()


async def _play(play: Play, lesson: library.Lesson) -> player.Played:
    row: list[str] = []

    async def made(host: Host) -> None:
        row.append(host.id)
        await database_sync_to_async(_note)(play, host)

    async def tell(step: str, check: str, when: str, right: bool) -> None:
        await database_sync_to_async(_add)(play, step, check, when, right)

    beating = asyncio.create_task(_beat(play))
    try:
        return await player.play(lesson, nodes.local_node(), tell, made)
    finally:
        beating.cancel()
        for each in row:
            await database_sync_to_async(Sandbox.objects.filter(pk=each).delete)()


async def _beat(play: Play) -> None:
    """Say now and then that somebody is at it."""
    rows = Play.objects.filter(pk=play.pk)
    while True:
        await database_sync_to_async(rows.update)(seen=timezone.now())
        await asyncio.sleep(_BEAT)


def _note(play: Play, host: Host) -> None:
    """Give the host a row: it takes a place, and is removed should this process be killed."""
    now = timezone.now()
    Sandbox.objects.create(
        id=host.id,
        owner=f"play:{play.pk}",
        state=Sandbox.State.READY,
        node=settings.NODE,
        life_minutes=int(LASTS.total_seconds() // 60),
        claimed=now,
        last_seen=now + LASTS,  # nobody looks at it, and it must not be frozen for that
    )


def _add(play: Play, step: str, check: str, when: str, right: bool) -> None:
    checks: list[dict[str, Any]] = play.checks
    found = next((each for each in checks if each["check"] == check), None)
    if found is None:
        found = {"step": step, "check": check}
        checks.append(found)
    found[when] = right
    play.save(update_fields=["checks"])
