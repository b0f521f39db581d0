"""Traces for OpenTelemetry, where somebody asks for them; otherwise nothing is even imported.

The id that goes with a click through web, worker and hub (:mod:`playground.telemetry.ids`) is the
trace's: twice in a row it is the trace id, once it is that of the trace's first span, which is the
request. So whoever knows the id can add a span, no other header is sent, and the id in a log line
finds the trace.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING

from playground.telemetry import ids

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

#: OpenTelemetry's own names; ours is the first.
_ENDPOINTS = (
    "PLAYGROUND_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
)
_FLUSH_EVERY_MS = 1000
#: Whether the span that is just being made is a trace's first.
_first: ContextVar[bool] = ContextVar("playground_first_span", default=False)

Fact = str | int | float | bool


def wanted(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether spans are sent anywhere."""
    return any(environ.get(name) for name in _ENDPOINTS)


@contextmanager
def request(name: str, **facts: Fact) -> Iterator[Span | None]:
    """The first span of the trace of the current id: what somebody asked for."""
    if not wanted() or not ids.current():
        yield None
        return
    from opentelemetry.trace import use_span

    with use_span(_begin(name, "SERVER", first=True, facts=facts), end_on_exit=True) as span:
        yield span


def opening(name: str, **facts: Fact) -> Span | None:
    """The same for what has no block and may be ended by another task: to be ended."""
    if not wanted() or not ids.current():
        return None
    return _begin(name, "SERVER", first=True, facts=facts)


@contextmanager
def span(name: str, **facts: Fact) -> Iterator[Span | None]:
    """A span within the one around it, else within the request of the current id."""
    if not wanted() or not ids.current():
        yield None
        return
    from opentelemetry.trace import use_span

    with use_span(_begin(name, "INTERNAL", first=False, facts=facts), end_on_exit=True) as span:
        yield span


def begin_task(name: str, *, first: bool) -> Span | None:
    """The span of a task, current until :func:`end_task`; ``first`` if nobody asked for it."""
    if not wanted() or not ids.current():
        return None
    from opentelemetry import context
    from opentelemetry.trace import set_span_in_context

    begun = _begin(f"task {name}", "CONSUMER", first=first, facts={"task": name})
    context.attach(set_span_in_context(begun))
    return begun


def end_task(begun: Span | None, outcome: str) -> None:
    """End a task's span; it may have begun in another copy of the context."""
    if begun is None:
        return
    from opentelemetry import context
    from opentelemetry.trace import StatusCode

    begun.set_attribute("outcome", outcome)
    if outcome != "success":
        begun.set_status(StatusCode.ERROR, outcome)
    begun.end()
    context.attach(context.Context())


def _begin(name: str, kind: str, *, first: bool, facts: Mapping[str, Fact]) -> Span:
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind

    around = Context() if first else _within()
    known = _first.set(first)
    try:
        return _tracer(os.getpid()).start_span(
            name, context=around, kind=SpanKind[kind], attributes=facts
        )
    finally:
        _first.reset(known)


def _within() -> Context:
    """The span around, if it is of the same trace, else the request's, wherever that was."""
    from opentelemetry import context
    from opentelemetry.trace import (
        NonRecordingSpan,
        SpanContext,
        TraceFlags,
        get_current_span,
        set_span_in_context,
    )

    if get_current_span().get_span_context().trace_id == _trace_id():
        return context.get_current()
    request = SpanContext(
        _trace_id(), _span_id(), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED)
    )
    return set_span_in_context(NonRecordingSpan(request), context.Context())


def _trace_id() -> int:
    return int(ids.current() * 2, 16)


def _span_id() -> int:
    return int(ids.current(), 16)


@lru_cache(maxsize=1)
def _tracer(pid: int) -> Tracer:
    """This very process's: a forked one must not send what its parent has gathered."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class Ids(RandomIdGenerator):
        """A trace's id and its first span's are the request's."""

        def generate_trace_id(self) -> int:
            return _trace_id()

        def generate_span_id(self) -> int:
            return _span_id() if _first.get() else super().generate_span_id()

    resource = Resource.create(
        {
            "service.name": os.environ.get("OTEL_SERVICE_NAME", "docker-playground"),
            "service.instance.id": f"{os.environ.get('PLAYGROUND_NODE', 'local')}-{pid}",
            "process.role": os.environ.get("PLAYGROUND_PROCESS", ""),
        }
    )
    own = os.environ.get("PLAYGROUND_OTLP_ENDPOINT", "").rstrip("/")
    exporter = OTLPSpanExporter(endpoint=f"{own}/v1/traces" if own else None)
    provider = TracerProvider(resource=resource, id_generator=Ids())
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_FLUSH_EVERY_MS))
    return provider.get_tracer("playground")
