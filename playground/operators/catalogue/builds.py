"""Building the catalogue: asked for by the page, done by the worker, followed line by line."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from playground.accounts.models import User
from playground.operators.models import CatalogueBuild

#: Lines that are kept of what a build says, and characters of each.
MOST_LINES, _MOST_CHARACTERS = 200, 300
#: Seconds that a build may take.
MOST_SECONDS = 60 * 60
#: A worker that was not at its build for so long has ended.
_LOST = timedelta(seconds=90)
_EVERY = 1.0
#: Old builds that are remembered.
_KEPT = 20


class Stopped(Exception):
    """An administrator stopped it, or it took too long."""


class Busy(Exception):
    """There is a build already."""


def latest() -> CatalogueBuild | None:
    """The newest build."""
    forget_lost()
    found: CatalogueBuild | None = CatalogueBuild.objects.first()
    return found


def start(by: User, *, refresh: bool) -> CatalogueBuild:
    """Note that a build is wanted; raises ``Busy``."""
    forget_lost()
    try:
        with transaction.atomic():
            made: CatalogueBuild = CatalogueBuild.objects.create(by=by, refresh=refresh)
    except IntegrityError:
        raise Busy from None
    old = CatalogueBuild.objects.values_list("pk", flat=True)[_KEPT:]
    CatalogueBuild.objects.filter(pk__in=list(old)).delete()
    return made


def stop() -> bool:
    """Ask the running build to end; ``False`` if there is none."""
    return bool(_running().update(stop=True))


def end(build: CatalogueBuild, state: str, **fields: Any) -> None:
    """Note how it ended."""
    row = CatalogueBuild.objects.filter(pk=build.pk, state=CatalogueBuild.State.RUNNING)
    row.update(state=state, ended=timezone.now(), **fields)


def forget_lost() -> None:
    """A worker that was killed, or that never was, must not hold up the next build."""
    gone = _running().filter(seen__lt=timezone.now() - _LOST)
    gone.update(
        state=CatalogueBuild.State.FAILED,
        error="The worker that should build it is not there, or has ended.",
        ended=timezone.now(),
    )


def _running() -> Any:
    return CatalogueBuild.objects.filter(state=CatalogueBuild.State.RUNNING)


class Follower:
    """Keeps what a build says, and sees whether it is to stop."""

    def __init__(self, build: CatalogueBuild) -> None:
        self._build = build
        self._lines: deque[str] = deque(maxlen=MOST_LINES)
        self._lock = threading.Lock()
        self.stopped = False

    def say(self, line: str) -> None:
        """One more line. What a build prints is not ours: only what can be shown is kept.

        Raises ``Stopped`` once it is to stop, which ends what runs outside the builder too.
        """
        if self.stopped:
            raise Stopped
        text = "".join(c for c in line if c.isprintable())[:_MOST_CHARACTERS]
        with self._lock:
            self._lines.append(text)

    def keep(self) -> None:
        """Write to the database what is new, and look whether to stop."""
        with self._lock:
            lines = list(self._lines)
        row = CatalogueBuild.objects.filter(pk=self._build.pk)
        row.update(lines=lines, seen=timezone.now())
        self.stopped = self.stopped or row.filter(stop=True).exists()


@contextmanager
def following(build: CatalogueBuild, cancel: Callable[[], None]) -> Iterator[Follower]:
    """Keep the lines of a build every second, and ``cancel`` it when asked or after too long."""
    follower = Follower(build)
    over = threading.Event()
    deadline = time.monotonic() + MOST_SECONDS

    def body() -> None:
        try:
            while not over.wait(_EVERY):
                follower.keep()
                if time.monotonic() > deadline and not follower.stopped:
                    follower.say(f"stopped: it took more than {MOST_SECONDS // 60} minutes")
                    follower.stopped = True
                if follower.stopped:
                    cancel()
        finally:
            connection.close()

    thread = threading.Thread(target=body, name="catalogue-build", daemon=True)
    thread.start()
    try:
        yield follower
    finally:
        over.set()
        thread.join()
        follower.keep()
