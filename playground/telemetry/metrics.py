"""Everything that the processes count. Labels are words of our own, never a student's."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from playground.telemetry import files

files.begin()

_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LIVE: Final = "livesum"

# Web.
REQUESTS = Counter(
    "playground_http_requests",
    "Requests answered, by view and status",
    ["view", "method", "status"],
)
REQUEST_SECONDS = Histogram(
    "playground_http_request_seconds",
    "Seconds from a request to the end of its answer",
    ["view"],
    buckets=_FAST,
)
WEBSOCKETS = Gauge(
    "playground_websockets_open", "Websockets open in web", ["kind"], multiprocess_mode=_LIVE
)
FRAMES = Counter(
    "playground_websocket_frames", "Frames of pages' websockets", ["kind", "direction"]
)
FRAME_BYTES = Counter(
    "playground_websocket_bytes", "Bytes of pages' websockets", ["kind", "direction"]
)

# Worker.
MADE = Counter("playground_sandboxes_made", "Sandboxes made, or started again with their disk")
FAILED = Counter("playground_sandboxes_failed", "Sandboxes that could not be made")
REMOVED = Counter("playground_sandboxes_removed", "Sandboxes removed")
CREATE_SECONDS = Histogram(
    "playground_sandbox_create_seconds",
    "Seconds from the task to a sandbox whose engine answers",
    buckets=(0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30),
)
TASKS = Counter("playground_tasks", "Tasks ended", ["task", "outcome"])
TASK_SECONDS = Histogram(
    "playground_task_seconds", "Seconds that tasks ran", ["task"], buckets=_FAST
)

# Hub.
CONNECTIONS = Gauge(
    "playground_gateway_connections_open",
    "Streams from web to the hub's gateway, by what for",
    ["purpose"],
    multiprocess_mode=_LIVE,
)
REFUSED = Counter("playground_gateway_refused", "Streams that the gateway refused", ["reason"])
TERMINALS = Gauge("playground_terminals_open", "Terminals open", multiprocess_mode=_LIVE)
VIEWERS = Gauge(
    "playground_terminal_viewers", "Pages that look at terminals", multiprocess_mode=_LIVE
)
TERMINAL_BYTES = Counter(
    "playground_terminal_bytes", "Bytes of terminals, to and from pages", ["direction"]
)
THAWS = Counter("playground_thaws", "Frozen sandboxes that the hub let go on")
CHECKS = Counter("playground_checks_evaluated", "Looks at a lesson's checks", ["outcome"])
CHECK_SECONDS = Histogram(
    "playground_checks_seconds", "Seconds of one look at all checks of a step", buckets=_FAST
)
PORT_STREAMS = Gauge(
    "playground_port_streams_open",
    "Streams to students' ports",
    multiprocess_mode=_LIVE,
)
PORT_ANSWERS = Counter("playground_port_streams", "Streams asked for, by answer", ["answer"])
PORT_BYTES = Counter("playground_port_bytes", "Bytes of students' ports", ["direction"])
