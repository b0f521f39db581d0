"""Before all else in the web process: an id for each request, and what is counted of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from playground.observing import probes
from playground.sandboxes.ports import names
from playground.telemetry import ids, metrics, tracing

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

#: Where Django's middleware notes which view answers; a name in the ASGI scope.
VIEW = "playground.view"
_KINDS = {"terminal", "watch", "engine", "layers", "lesson", "classes", "teach"}
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
#: Seconds after which what a websocket has passed on is counted; not with each keystroke.
_COUNT_AFTER = 1.0
_UPLOADS = {"/sandbox/files/put/": "file-put", "/layers/archives/put/": "archive-put"}


class Observed:
    """The web process's application with metrics, log lines, ids and the probes' addresses."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request or websocket under an id of its own."""
        if scope["type"] not in ("http", "websocket"):
            await self.inner(scope, receive, send)
            return
        # Always one of ours: a stranger's could be another student's, or a lie in the log.
        with ids.bound(ids.new()):
            if scope["type"] == "websocket":
                await self._websocket(scope, receive, send)
            else:
                await self._http(scope, receive, send)

    async def _http(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        of_port = _is_port(scope)
        if not of_port and (probe := probes.PATHS.get(scope["path"])):
            await probe(scope, send)
            return
        with tracing.request("request") as span:
            await self._counted(scope, receive, send, of_port, span)

    async def _counted(
        self, scope: dict[str, Any], receive: Receive, send: Send, of_port: bool, span: Any
    ) -> None:
        noted: dict[str, str] = {}
        status, started = 0, time.monotonic()

        async def answer(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if not of_port:  # a student's server answers for itself
                    header = (b"x-request-id", ids.current().encode())
                    message = {**message, "headers": [*message.get("headers", ()), header]}
            await send(message)

        try:
            await self.inner({**scope, VIEW: noted}, receive, answer)
        finally:
            view = "port" if of_port else noted.get("view") or _unnamed(scope["path"])
            method = scope["method"] if scope["method"] in _METHODS else "other"
            # What a student's server answers is theirs: only its first digit is told apart.
            said = f"{status // 100}xx" if of_port else str(status)
            taken = time.monotonic() - started
            metrics.REQUESTS.labels(view, method, said if status else "none").inc()
            metrics.REQUEST_SECONDS.labels(view).observe(taken)
            facts = {"view": view, "method": method, "status": status, "seconds": round(taken, 4)}
            if span:
                span.update_name(f"{method} {view}")
                span.set_attributes({"http.response.status_code": status, "view": view})
            if view != "static":
                log.info("request %(view)s %(method)s %(status)s", facts, extra=facts)

    async def _websocket(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        kind = _kind(scope)
        passed = _Passed(kind)
        log.info("websocket %s opens", kind, extra={"kind": kind})
        gauge = metrics.WEBSOCKETS.labels(kind)
        gauge.inc()
        # A page may stay for hours, and a span is sent when it ends: this one is until the page has
        # its first answer.
        opening = tracing.opening(f"websocket {kind}", kind=kind)

        async def taken() -> dict[str, Any]:
            message = await receive()
            if message["type"] == "websocket.receive":
                passed.note(0, message)
            return message

        async def given(message: dict[str, Any]) -> None:
            if message["type"] == "websocket.send":
                passed.note(1, message)
            await send(message)
            if opening and opening.is_recording() and message["type"] != "websocket.accept":
                opening.end()

        started = time.monotonic()
        try:
            await self.inner(scope, taken, given)
        finally:
            passed.count()
            gauge.dec()
            if opening and opening.is_recording():
                opening.end()
            facts = {"kind": kind, "seconds": round(time.monotonic() - started, 1)}
            log.info("websocket %s closed", kind, extra=facts)


class _Passed:
    """What one websocket has passed on, counted a second later."""

    def __init__(self, kind: str) -> None:
        self._frames = [metrics.FRAMES.labels(kind, way) for way in ("in", "out")]
        self._bytes = [metrics.FRAME_BYTES.labels(kind, way) for way in ("in", "out")]
        self._sums = [[0, 0], [0, 0]]
        self._due: asyncio.TimerHandle | None = None

    def note(self, way: int, message: dict[str, Any]) -> None:
        sums = self._sums[way]
        sums[0] += 1
        sums[1] += len(message.get("bytes") or message.get("text") or "")
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(_COUNT_AFTER, self.count)

    def count(self) -> None:
        """Add to the metrics what has come since the last time."""
        if self._due:
            self._due.cancel()
            self._due = None
        for way, sums in enumerate(self._sums):
            if sums[0]:
                self._frames[way].inc(sums[0])
                self._bytes[way].inc(sums[1])
                sums[:] = [0, 0]


def _is_port(scope: dict[str, Any]) -> bool:
    given = dict(scope["headers"])
    return names.is_like_port(given.get(b"host", b"").decode("latin-1"))


def _kind(scope: dict[str, Any]) -> str:
    if _is_port(scope):
        return "port"
    words = scope["path"].split("/")
    return words[2] if len(words) > 2 and words[1] == "ws" and words[2] in _KINDS else "other"


def _unnamed(path: str) -> str:
    """A name for what no view of Django's has answered."""
    if path.startswith(f"/{str(settings.STATIC_URL).strip('/')}/"):
        return "static"
    return _UPLOADS.get(path, "none")
