"""Three nodes and two web processes, each node in a network namespace with its own address.

A bridge in the namespace ``front``, where database, Redis and web processes are, has a cable to
each node's namespace. Nothing of it is in the machine's own network.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from playground.runtime.config import PROJECT_ROOT
from playground.serve import leftovers
from playground.serve.layout import WEB_ID, Layout
from playground.serve.processes import redis_binary
from tests.deploy.postgresql import postgresql
from tests.security.egress_lab import Namespace

FRONT = "10.99.0.1"
_PASSWORD = "of-the-test"


class Row:
    """The whole playground. Start what is wanted, and ``close`` it all."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.stack = ExitStack()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.spaces: dict[str, Namespace] = {}
        self.secret = secrets.token_hex(32)
        try:
            self._front()
        except BaseException:
            self.close()
            raise

    def _front(self) -> None:
        front = self._space("front")
        front.run("ip", "link", "add", "br0", "type", "bridge")
        front.run("ip", "address", "add", f"{FRONT}/24", "dev", "br0")
        for device in ("br0", "lo"):
            front.run("ip", "link", "set", device, "up")
        self.database = self.stack.enter_context(postgresql(front.command(), FRONT))
        link = self.scratch / "redis-server"
        link.symlink_to(redis_binary())
        redis = subprocess.Popen(
            front.command(str(link), "--bind", FRONT, "--port", "6379", "--save", "",
                          "--requirepass", _PASSWORD, "--loglevel", "warning"),
        )  # fmt: skip
        self.stack.callback(redis.wait)
        self.stack.callback(redis.kill)
        self.manage("certificates", "web", "node-1", "node-2", "node-3")

    def _space(self, name: str) -> Namespace:
        space = self.spaces[name] = Namespace()
        self.stack.callback(space.close)
        return space

    def var(self, name: str) -> Path:
        return self.scratch / name

    def environ(self, name: str) -> dict[str, str]:
        return {
            **os.environ,
            "PLAYGROUND_VAR": str(self.var(name)),
            "PLAYGROUND_CERTIFICATES": str(self.scratch / "certificates"),
            "PLAYGROUND_DATABASE_URL": self.database,
            "PLAYGROUND_REDIS_URL": f"redis://:{_PASSWORD}@{FRONT}:6379/0",
            "PLAYGROUND_HOSTS": "*",
            "PLAYGROUND_SANDBOXES_PER_ADDRESS": "0",
            "PLAYGROUND_POOL_MIN": "1",
            "PLAYGROUND_POOL_MAX": "1",
            "PLAYGROUND_FREE_MEMORY_MB": "128",
            "PLAYGROUND_POOL_FREE_MEMORY_MB": "128",
        }

    def manage(self, *arguments: str) -> str:
        """Run a command of the site's in ``front``; what it printed."""
        done = subprocess.run(
            self.spaces["front"].command(sys.executable, "manage.py", *arguments),
            cwd=PROJECT_ROOT,
            env=self.environ("front"),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def web(self, number: int) -> None:
        """Start a web process; the first one has the beat too."""
        roles = "web,beat" if number == 1 else "web"
        self._serve(f"web-{number}", "front", "--roles", roles, "--host", FRONT,
                    "--port", str(8000 + number))  # fmt: skip

    def node(self, number: int, most: int) -> None:
        """Start a node that has room for ``most`` sandboxes."""
        name = f"node-{number}"
        if name not in self.spaces:
            space, front = self._space(name), self.spaces["front"]
            front.run("ip", "link", "add", f"to{number}", "type", "veth", "peer", "name", "up0",
                      "netns", str(space.holder.pid))  # fmt: skip
            front.run("ip", "link", "set", f"to{number}", "master", "br0", "up")
            space.run("ip", "address", "add", f"10.99.0.1{number}/24", "dev", "up0")
            for device in ("up0", "lo"):
                space.run("ip", "link", "set", device, "up")
        self._serve(
            name, name, "--roles", "worker,hub",
            PLAYGROUND_NODE=name, PLAYGROUND_NODE_GATEWAY=f"10.99.0.1{number}:9443",
            PLAYGROUND_SANDBOXES_MAX=str(most),
        )  # fmt: skip

    def _serve(self, name: str, space: str, *arguments: str, **variables: str) -> None:
        var = self.var(name)
        var.mkdir(exist_ok=True)
        (var / "secret").write_text(self.secret)
        shutil.copytree(self.scratch / "certificates", var / "certificates", dirs_exist_ok=True)
        os.chown(var / "secret", 0, WEB_ID)
        (var / "secret").chmod(0o640)
        with (self.scratch / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self.spaces[space].command(sys.executable, "-m", "playground.serve", *arguments),
                cwd=PROJECT_ROOT,
                env={**self.environ(name), **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def cut(self, number: int) -> None:
        """Pull a node's cable."""
        self.spaces["front"].run("ip", "link", "set", f"to{number}", "down")

    def mend(self, number: int) -> None:
        self.spaces["front"].run("ip", "link", "set", f"to{number}", "up")

    def kill(self, name: str) -> None:
        """End all processes of one at once, as a machine that loses its power."""
        self.running[name].kill()
        for process in leftovers.processes(Layout(self.var(name))):
            with suppress(Exception):
                process.kill()
        self.running[name].wait()

    def logs(self) -> str:
        return "\n".join(
            f"--- {each.name}\n{each.read_text(errors='replace')[-2500:]}"
            for each in sorted(self.scratch.glob("*.log"))
        )

    def close(self) -> None:
        """End everything; sandboxes too, also of a node that was killed."""
        for process in self.running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
        deadline = time.monotonic() + 60
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
        for name in self.running:
            space = self.spaces.get(name, self.spaces["front"])
            subprocess.run(
                space.command(sys.executable, "-m", "playground.serve", "--stop"),
                cwd=PROJECT_ROOT,
                env=self.environ(name),
                capture_output=True,
                timeout=90,
            )
        self.stack.close()
