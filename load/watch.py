"""What the site takes of the machine while students are at work: a line every few seconds."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node

EVERY = 2.0
ROLES = {"web": "uvicorn", "hub": "playground.hub", "worker": "worker", "redis": "redis-server"}
#: The processes that play the students: they take part of the machine that students would not.
PLAYERS = "students"


@dataclass
class Watch:
    """Samples: seconds since the start, and by role MB of memory and share of one CPU."""

    var: Path
    seconds: list[float] = field(default_factory=list)
    memory: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)
    sandboxes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._seen: dict[int, psutil.Process] = {}
        self._playing: dict[int, psutil.Process] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def steady(self, after: float, name: str, of: dict[str, list[float]]) -> float:
        """The mean of a line of ``of`` from so many seconds after the start on."""
        values = [v for at, v in zip(self.seconds, of[name], strict=False) if at >= after]
        return sum(values) / len(values) if values else float("nan")

    def _run(self) -> None:
        started = time.monotonic()
        node = Node(RuntimeConfig(state_dir=self.var / "node"))
        while not self._stop.wait(EVERY):
            self.seconds.append(time.monotonic() - started)
            memory = dict.fromkeys((*ROLES, PLAYERS), 0.0)
            cpu = dict.fromkeys((*ROLES, PLAYERS), 0.0)
            for process in [*self._processes(), *self._players()]:
                try:
                    command = " ".join(process.cmdline())
                    role = next((name for name, word in ROLES.items() if word in command), "")
                    role = PLAYERS if process.pid in self._playing else role
                    if role:
                        memory[role] += process.memory_info().rss / (1 << 20)
                        cpu[role] += process.cpu_percent()
                except psutil.Error:
                    continue
            whole = psutil.virtual_memory()
            memory["machine"] = (whole.total - whole.available) / (1 << 20)
            cpu["machine"] = psutil.cpu_percent() * (psutil.cpu_count() or 1)
            for name, value in memory.items():
                self.memory.setdefault(name, []).append(value)
            for name, value in cpu.items():
                self.cpu.setdefault(name, []).append(value)
            self.sandboxes.append(len(node.sandboxes()))

    def _processes(self) -> list[psutil.Process]:
        """Those that the site's own variable marks, kept so that their CPU share can be told."""
        mark = f"PLAYGROUND_SERVE={self.var}".encode()
        for pid in psutil.pids():
            if pid in self._seen:
                continue
            try:
                if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                    self._seen[pid] = psutil.Process(pid)
            except (OSError, psutil.Error):
                continue
        return [each for each in self._seen.values() if each.is_running()]

    def _players(self) -> list[psutil.Process]:
        """This process's children that are not the site's."""
        for each in psutil.Process().children(recursive=True):
            if each.pid not in self._seen:
                self._playing.setdefault(each.pid, each)
        return [each for each in self._playing.values() if each.is_running()]
