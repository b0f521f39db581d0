"""``python -m playground.serve``: start everything, stop everything, leave nothing.

``--stop`` ends a running playground of this checkout (or what a dead one left) and returns.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import TextIO

import psutil
from honcho.manager import Manager
from honcho.printer import Printer

from playground import environment
from playground.runtime.catalogue import builder
from playground.runtime.config import RuntimeConfig
from playground.runtime.doctor import reason
from playground.runtime.errors import SandboxError
from playground.runtime.node import Node
from playground.serve import database, leftovers, listening, processes
from playground.serve.layout import Layout
from playground.telemetry import logs


def main() -> int:
    """Serve until Ctrl-C; the exit code is 0 if that was how it ended."""
    options = _options()
    try:
        environment.take_secrets(os.environ)
        config = RuntimeConfig.from_environ()
        logs.wanted()
    except ValueError as error:
        return _fail(str(error), "Mend the variable and run it again")
    if os.geteuid() != 0:
        return _fail("Only root can make sandboxes", "Run it with sudo")
    layout = Layout.from_environ()
    if options.stop:
        return _stop(layout, config, options.keep)
    _be_known_by(layout)
    try:
        layout.prepare()
        lock = _lock(layout)
        code = _serve(layout, config, options)
        lock.close()
        return code
    except SandboxError as error:
        return _fail(str(error), "")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="playground.serve")
    parser.add_argument("--host", default=os.environ.get("BIND", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument("--stop", action="store_true")
    parser.add_argument(
        "--keep",
        action="store_true",
        default=os.environ.get("KEEP", "") not in ("", "0"),
        help="leave the sandboxes running when stopped; the next start finds them",
    )
    parser.add_argument(
        "--roles",
        type=_roles,
        default=os.environ.get("PLAYGROUND_ROLES", ",".join(_ROLES)),
        help="what runs on this machine, of web,beat,worker,hub; a node is worker,hub",
    )
    return parser.parse_args()


#: What a playground consists of; one machine has it all.
_ROLES = ("web", "beat", "worker", "hub")


def _roles(text: str) -> list[str]:
    """Read a list of roles; raises ``argparse.ArgumentTypeError``."""
    found = [each.strip() for each in text.split(",") if each.strip()]
    if not found or set(found) - set(_ROLES):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of {', '.join(_ROLES)}")
    return found


def _be_known_by(layout: Layout) -> None:
    """Start over with the variable in the environment by which the next run knows leftovers.

    Only what was there when a process started shows in ``/proc/PID/environ``, and honcho's own
    helpers, which are forked from this one, must be known too should this one be killed.
    """
    if os.environ.get("PLAYGROUND_SERVE") != str(layout.var):
        os.environ["PLAYGROUND_SERVE"] = str(layout.var)
        os.execv(sys.executable, [sys.executable, "-m", "playground.serve", *sys.argv[1:]])


def _fail(what: str, mend: str) -> int:
    print(f"✗ {what}. {mend}".rstrip(" ."), file=sys.stderr)
    return 1


def _stop(layout: Layout, config: RuntimeConfig, keep: bool) -> int:
    """Ask a running one to stop, then clear what is there all the same.

    To keep the sandboxes is asked by a file, as a signal has no room for it.
    """
    if keep and layout.run.is_dir():
        (layout.run / "keep").touch()
    lock_file = layout.var / "serve.lock"
    if lock_file.exists():
        with lock_file.open("r+") as file:
            if not _try_lock(file) and (pid := file.read().strip()).isdigit():
                os.kill(int(pid), signal.SIGTERM)
                fcntl.lockf(file, fcntl.LOCK_EX)  # it lets go when all is removed
                with suppress(psutil.Error):
                    psutil.Process(int(pid)).wait(timeout=5)
    ended = leftovers.end(layout)
    layout.clear_run()
    builder.clear_dead_unless_busy(config)
    node = Node(config)
    swept = [] if keep else node.sweep()
    if not keep:
        node.shutdown()
    print(f"stopped; {ended} processes and {len(swept)} sandboxes were left over")
    return 0


def _try_lock(file: TextIO) -> bool:
    """Lock by process: a lock of ``flock`` would live on in the children of one that was killed."""
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _lock(layout: Layout) -> TextIO:
    """Hold the playground; raises ``SandboxError`` if another run does."""
    file = (layout.var / "serve.lock").open("a+")
    if not _try_lock(file):
        raise SandboxError("This playground is running already", "`make stop` ends it")
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _serve(layout: Layout, config: RuntimeConfig, options: argparse.Namespace) -> int:
    host, port, keep, roles = options.host, options.port, options.keep, options.roles
    node = Node(config)
    is_node = "worker" in roles or "hub" in roles
    os.environ.update(layout.environ(config))
    os.environ.pop("PLAYGROUND_SECRET", None)  # it is in the file by now
    if ended := leftovers.end(layout):
        print(f"• ended {ended} processes that an earlier run had left")
    # Not before: what was left may have held it.
    web = listening.listen(host, port) if "web" in roles else None
    listening.forget_systemd(os.environ)
    layout.prepare()
    amiss = reason(config) if is_node else ""
    (layout.run / "node.json").write_text(json.dumps({"reason": amiss}))
    if amiss:
        print(f"✗ This machine cannot run sandboxes: {amiss}\n  The site starts all the same.")
    manager = Manager(printer=_printer())
    started = []
    if web:
        manager._process_ctor = listening.passing(web.fileno())
        started = [processes.web(web.fileno())]
    started += [processes.beat()] if "beat" in roles else []
    if is_node and not amiss:
        started += [processes.worker()] if "worker" in roles else []
        started += [processes.hub()] if "hub" in roles else []
        started += [processes.reports()] if os.environ.get("PLAYGROUND_NODE") else []
    # Never removed at a stop: that would also unmount it for another playground of this machine.
    processes.SITE.mkdir(exist_ok=True)
    if "web" in roles:
        _migrate(host, port)
    for process in started:
        manager.add_process(
            process.name,
            process.command,
            env={**os.environ, "PLAYGROUND_PROCESS": process.name, **process.env},
            cwd=os.getcwd(),
        )
    # A machine that has only a part of it finds the others by a Redis that all know.
    own = set(roles) == set(_ROLES) and not os.environ.get("PLAYGROUND_REDIS_URL")
    redis = _start_redis(layout) if own else None
    if "web" in roles:
        threading.Thread(target=_announce, args=(host, port), daemon=True).start()
    try:
        with database.held(layout.database):
            manager.loop()
    finally:
        # Last of all: what ends before it still has something to say to it.
        if redis:
            _end(redis)
        leftovers.end(layout)
        # 130 and 143: asked to stop, by Ctrl-C or by SIGTERM.
        asked = manager.returncode in (0, 130, 143)
        if asked and not keep and not (layout.run / "keep").exists():
            print("• stopping: removing all sandboxes", flush=True)
            node.shutdown()
        else:
            print("• stopped; the sandboxes are there at the next start", flush=True)
        builder.clear_dead_unless_busy(config)
        layout.clear_run()
    return 0 if asked else 1


def _printer() -> Printer:
    """Processes' lines with their names before them, but not before JSON."""
    return Printer(prefix=logs.wanted() == "plain")


def _end(process: subprocess.Popen[bytes], seconds: float = 10.0) -> None:
    """Ask a process to end, and end it with all that it started when it does not.

    Redis does not where it cannot save what it holds, as on a full disk.
    """
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        print(f"• Redis could not save its data: ended all the same after {seconds:.0f} s")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _start_redis(layout: Layout, seconds: float = 10.0) -> subprocess.Popen[bytes]:
    """Start the private Redis and wait for its socket; raises ``SandboxError``."""
    process = processes.redis(layout)
    running = subprocess.Popen(
        ["sh", "-c", process.command],
        env={**os.environ, **process.env},
        start_new_session=True,
    )
    deadline = time.monotonic() + seconds
    while not layout.redis_socket.exists():
        if running.poll() is not None or time.monotonic() > deadline:
            running.kill()
            raise SandboxError("The private Redis did not start", "Its own words are above")
        time.sleep(0.01)
    return running


def _migrate(host: str, port: int) -> None:
    started = time.monotonic()
    process = processes.database()
    done = subprocess.run(
        ["sh", "-c", process.command],
        env={"PLAYGROUND_ORIGIN": _origin(host, port), **os.environ, **process.env},
        capture_output=True,
        text=True,
    )
    print(done.stdout, end="", flush=True)
    if done.returncode != 0:
        raise SandboxError(
            f"The database could not be brought up to date: {done.stderr[-1500:].strip()}",
            "`make reset` starts with an empty one",
        )
    print(f"• database ready ({time.monotonic() - started:.1f} s)")


def _announce(host: str, port: int) -> None:
    """Say where it is once it answers: not before, a slow machine takes seconds."""
    local = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    while True:
        # The socket takes connections long before anybody reads what they ask.
        with suppress(OSError, HTTPException):
            asked = HTTPConnection(local, port, timeout=5)
            asked.request("GET", "/healthz")
            asked.getresponse().read()
            asked.close()
            break
        time.sleep(0.1)
    print(f"• serving on {_origin(host, port)} (Ctrl-C stops everything)", flush=True)


def _origin(host: str, port: int) -> str:
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::") else host  # noqa: S104
    return f"http://{shown}:{port}"


if __name__ == "__main__":
    sys.exit(main())
