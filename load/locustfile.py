"""Who the students are and what they do; run by ``python -m load``.

A student has a lesson's page open all the time, and works on it for a while now and then: one in
five at any moment. What they wait for is fired as Locust's requests of the type ``terminal``.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import gevent
from locust import HttpUser, events, task
from locust.env import Environment

from load.terminal import Terminal

#: Seconds of work and of rest, on average: one in five works. In a hurry everybody does.
WORK, REST = (24.0, 96.0) if os.environ.get("PLAYGROUND_LOAD") != "hurry" else (24.0, 0.5)
#: Keys a second of somebody who types.
KEYS = 6.0
_PROMPT = r"docker-host[^\n]*# $"
_LESSONS = ("first-container", "images", "names-and-ends", "ports", "volumes")
_BUILD = (
    "mkdir -p b && printf 'FROM busybox\\nRUN echo %s > /made\\nCMD cat /made\\n' > b/Dockerfile"
    " && docker build -q -t mine b"
)

#: Bytes that did not arrive as they were printed, over all students.
lost_bytes = 0


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def _say_losses(environment: Environment, **_: Any) -> None:
    print(f"LOST {lost_bytes}", flush=True)


class Student(HttpUser):
    """One student with a page and a terminal."""

    def on_start(self) -> None:
        """Open a lesson, and wait for the first prompt: a claim."""
        self.address = urlsplit(str(self.host)).netloc
        with self._timed("claim", 30):
            self.client.get(f"/lessons/{random.choice(_LESSONS)}/", name="/lessons/SLUG/")
            cookie = "; ".join(f"{c.name}={c.value}" for c in self.client.cookies)
            self.terminal = Terminal(self.address, cookie)
            self.terminal.expect(_PROMPT, 0, 30)
        gevent.sleep(random.uniform(0, REST))

    def on_stop(self) -> None:
        """Close the page."""
        self.terminal.close()

    def wait_time(self) -> float:
        """Rest."""
        return random.uniform(0.5 * REST, 1.5 * REST)

    @task
    def work(self) -> None:
        """Work for a while."""
        ends = time.monotonic() + random.uniform(0.5 * WORK, 1.5 * WORK)
        acts = [self.read] * 3 + [self.write] * 5 + [self.run_container] * 3 + [self.print] * 2
        acts += [self.build, self.serve]
        while time.monotonic() < ends:
            random.choice(acts)()
            gevent.sleep(random.uniform(1, 4))

    def read(self) -> None:
        """Look at another page."""
        page = random.choice(("/lessons/", "/images/", f"/lessons/{random.choice(_LESSONS)}/"))
        name = "/lessons/SLUG/" if page.count("/") == 3 else page
        self.client.get(page, name=name)

    def write(self) -> None:
        """Type a line, each key when the one before was seen."""
        self._keys("echo hello from a student")
        self._enter("echo", r"hello from a student\r\n", 20)

    def run_container(self) -> None:
        """Run a container."""
        self._line("run", "docker run --rm busybox echo ra''n", r"ran\r\n", 60)

    def build(self) -> None:
        """Build an image."""
        self._line("build", _BUILD % random.randrange(10**9), r"sha256:[0-9a-f]{64}\r\n", 120)

    def serve(self) -> None:
        """Start a container in the background, and take it away."""
        name = f"w{random.randrange(10**6)}"
        line = f"docker run -d --name {name} nginx && docker rm -f {name}"
        self._line("serve", line, rf"{name}\r\n", 60)

    def print(self) -> None:
        """Print much, and look whether all of it came."""
        global lost_bytes
        first = random.randrange(10**6)
        since = self._line("print", f"seq {first} {first + 2999}; echo do''ne", r"done\r\n", 60)
        if since is None:
            return
        seen = bytes(self.terminal.output[since - self.terminal.start :])
        wanted = b"".join(b"%d\r\n" % n for n in range(first, first + 3000))
        if wanted not in seen:
            got = set(seen.split(b"\r\n"))
            missing = [n for n in range(first, first + 3000) if b"%d" % n not in got]
            lost_bytes += sum(len(str(n)) + 2 for n in missing) or 1

    def _line(self, name: str, line: str, pattern: str, seconds: float) -> int | None:
        self.terminal.forget()
        since = self.terminal.position
        self.terminal.type(line)
        return since if self._enter(name, pattern, seconds) else None

    def _keys(self, text: str) -> None:
        self.terminal.forget()
        for key in text:
            since = self.terminal.position
            with self._timed("key", 20):
                self.terminal.type(key)
                self.terminal.grows(since, 20)
            gevent.sleep(random.expovariate(KEYS))

    def _enter(self, name: str, pattern: str, seconds: float) -> bool:
        since = self.terminal.position
        with self._timed(name, seconds):
            self.terminal.type("\r")
            self.terminal.expect(pattern, since, seconds)
            self.terminal.expect(_PROMPT, since, 20)
            return True
        return False

    @contextmanager
    def _timed(self, name: str, seconds: float) -> Iterator[None]:
        """Fire what a student waited for, in milliseconds; what fails is counted and goes on."""
        started = time.perf_counter()
        failed: Exception | None = None
        try:
            yield
        except (TimeoutError, OSError) as error:
            refused = getattr(getattr(self, "terminal", None), "refused", [])
            failed = TimeoutError(f"{error}; {refused[-1]}" if refused else str(error))
        self.environment.events.request.fire(
            request_type="terminal", name=name,
            response_time=1000 * (time.perf_counter() - started),
            response_length=0, exception=failed, context={}, start_time=time.time(),
        )  # fmt: skip


assert os.environ.get("PLAYGROUND_LOAD"), "run it by `make load`"
