"""The commands of a playground's processes, and with which rights each runs."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playground.runtime.config import PROJECT_ROOT
from playground.runtime.errors import SandboxError
from playground.serve.layout import WEB_ID, Layout

#: Where processes without rights find checkout and ``var``: both may lie where they cannot go, in
#: ``/root`` for one. Mounted in their own mount namespace only.
SITE = Path("/run/docker-playground-site")
_APP, _VAR = SITE / "app", SITE / "var"

#: The interpreter where it really lies, in the cache: the link to it is in the checkout.
_PYTHON = str(Path(sys.prefix).resolve() / "bin" / "python")


@dataclass(frozen=True)
class Process:
    """A process by name: a shell command and the variables that it has beside the common ones."""

    name: str
    command: str
    env: dict[str, str]


def redis_binary() -> str:
    """The Redis server.

    Debian's redis-tools has it under the name ``redis-check-rdb`` (one program that looks at its
    own name); redis-server, which is a link to that, would also start a service of its own.
    Raises ``SandboxError``.
    """
    for name in ("redis-server", "valkey-server", "redis-check-rdb"):
        if found := shutil.which(name):
            return found
    raise SandboxError("There is no Redis", "apt install redis-tools")


def without_rights(command: list[str]) -> str:
    """The shell command that runs ``command`` as a user who may do nothing, in the checkout."""
    mounts = (
        f"mount -t tmpfs -o mode=0755,size=64k site {SITE} && mkdir {_APP} {_VAR} && "
        f'mount --bind "$1" {_APP} && mount --bind "$2" {_VAR} && shift 2 && cd {_APP} && '
        f"exec setpriv --reuid {WEB_ID} --regid {WEB_ID} --clear-groups --no-new-privs "
        '--inh-caps=-all --bounding-set=-all --pdeathsig TERM "$@"'
    )
    return (
        "exec "
        + shlex.join(["unshare", "--mount", "--propagation", "private", "sh", "-c", mounts, "sh"])
        + ' "$PLAYGROUND_CHECKOUT" "$PLAYGROUND_SERVE" '
        + shlex.join(command)
    )


def kept(name: str, command: list[str]) -> list[str]:
    """The command that runs ``command`` and starts it again whenever it ends, until told to stop.

    One that was killed is back in a moment. One that cannot start is tried ever more slowly, and
    given up after the sixth time in a row that it did not live for five seconds.
    """
    script = (
        'trap "stop=1; kill \\$child 2>/dev/null" TERM INT; quick=0; '
        "while :; do "
        'started=$(date +%s); "$@" & child=$!; '
        'wait "$child"; code=$?; '
        '[ -n "$stop" ] && { wait "$child"; exit 0; }; '
        "if [ $(($(date +%s) - started)) -lt 5 ]; then quick=$((quick + 1)); else quick=1; fi; "
        'echo "$0 ended with code $code" >&2; '
        '[ "$quick" -gt 6 ] && { echo "$0 does not start: given up" >&2; exit "$code"; }; '
        'sleep "$(echo "0.2 0.2 0.5 1 2 4" | cut -d" " -f"$quick")"; '
        '[ -n "$stop" ] && exit 0; '
        "done"
    )
    return ["sh", "-c", script, name, *command]


def _paths_without_rights() -> dict[str, str]:
    return {
        "PLAYGROUND_CHECKOUT": str(PROJECT_ROOT),
        "PLAYGROUND_VAR": str(_VAR),
        "PLAYGROUND_SECRET_FILE": str(_VAR / "secret"),
        "PLAYGROUND_HUB_SOCKET": str(_VAR / "run" / "hub.sock"),
        "PLAYGROUND_PORTS_SOCKET": str(_VAR / "run" / "ports.sock"),
        "PLAYGROUND_CERTIFICATES": str(_VAR / "certificates"),
        "PLAYGROUND_REDIS_SOCKET": str(_VAR / "redis" / "redis.sock"),
        "PROMETHEUS_MULTIPROC_DIR": str(_VAR / "run" / "metrics" / "web"),
        "HOME": str(_VAR / "home"),
    }


def database() -> Process:
    """What brings the database up to date, and ends."""
    command = [_PYTHON, "manage.py", "prepare_database"]
    return Process("database", without_rights(command), _paths_without_rights())


def redis(layout: Layout) -> Process:
    """The private Redis: a unix socket, nothing on any network, nothing lost at a restart."""
    binary = redis_binary()
    link = layout.run / "redis-server"
    link.unlink(missing_ok=True)
    link.symlink_to(binary)
    server = [
        str(_VAR / "run" / "redis-server"),
        "--port", "0",
        "--unixsocket", str(_VAR / "redis" / "redis.sock"),
        "--unixsocketperm", "770",
        "--pidfile", str(_VAR / "redis" / "redis.pid"),
        "--dir", str(_VAR / "redis"),
        "--save", "60 1",
        "--loglevel", "warning",
        "--maxmemory", "256mb",
        "--maxmemory-policy", "noeviction",
    ]  # fmt: skip
    return Process("redis", without_rights(kept("redis", server)), _paths_without_rights())


def web(descriptor: int) -> Process:
    """The web process: pages and websockets, on a socket that it inherits and that listens."""
    command = [
        _PYTHON, "-m", "uvicorn", "playground.asgi:application",
        "--fd", str(descriptor),
        "--loop", "uvloop", "--ws", "websockets-sansio", "--ws-max-size", str(1 << 20),
        "--ws-ping-interval", "20", "--ws-per-message-deflate", "false",
        "--lifespan", "off", "--no-access-log", "--log-level", "warning",
        "--timeout-graceful-shutdown", "2", "--no-server-header", "--proxy-headers",
    ]  # fmt: skip
    return Process("web", without_rights(kept("web", command)), _paths_without_rights())


def beat() -> Process:
    """What reminds the worker of its regular tasks."""
    command = [
        _PYTHON, "-m", "celery", "--app", "playground", "--quiet", "beat",
        "--schedule", str(_VAR / "home" / "celerybeat-schedule"),
        "--pidfile", "", "--loglevel", "WARNING",
    ]  # fmt: skip
    return Process("beat", without_rights(kept("beat", command)), _paths_without_rights())


def worker() -> Process:
    """The worker: root, the only one that makes sandboxes."""
    command = [
        sys.executable, "-m", "celery", "--app", "playground", "--quiet", "worker",
        "--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat",
        "--loglevel", "WARNING",
    ]  # fmt: skip
    if name := os.environ.get("PLAYGROUND_NODE"):
        command += ["--hostname", f"worker@{name}"]  # the node's reports speak to it by name
    line = f"exec {shlex.join(kept('worker', command))}"
    return Process("worker", line, {"C_FORCE_ROOT": "1"})


def reports() -> Process:
    """What tells the others that this node is there, where nodes have names."""
    command = [sys.executable, "manage.py", "node", "report"]
    return Process("node", f"exec {shlex.join(kept('node', command))}", {})


def hub() -> Process:
    """The terminal hub, the worker's other half: root, it enters sandboxes."""
    command = [sys.executable, "-m", "playground.hub"]
    return Process("hub", f"exec {shlex.join(kept('hub', command))}", {})
