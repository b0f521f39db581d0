"""Kill what runs the playground, at random moments, and count what students lose.

Three students type, print and build without a pause. In each round one of the site's processes, all
of them, or all with their supervisor get SIGKILL; now and then the machine "reboots": every process
of a sandbox ends too, and groups and the OCI runtime's memory go. Then everybody must be back on
the same host, in the same shell, with every byte of output, and the same containers.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from bench.site import RunningSite
from bench.student import Student
from playground.runtime import record
from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node
from playground.serve.leftovers import processes

#: Words in the command line that tell the processes apart.
_PARTS = {
    "web": "uvicorn",
    "worker": "celery --app playground --quiet worker",
    "beat": "celery --app playground --quiet beat",
    "redis": "redis-server",
    "hub": "playground.hub",
}
#: How long until everybody must be back, in seconds.
_BACK_WITHIN = 60
_COUNTER = "n=0; while read -r word; do n=$((n+1)); echo got-$n-$word; done"
_PRINTER = "i=0; while :; do i=$((i+1)); echo line-$i.; sleep 0.02; done"
_BUILDER = (
    "mkdir -p b && cd b && printf 'FROM busybox\\nRUN date > /x\\n' > Dockerfile; i=0; while :; do "
    "docker build -q --no-cache -t b . >/dev/null 2>&1 && i=$((i+1)) && echo built-$i.; done"
)


@dataclass
class Outcome:
    """What was counted."""

    rounds: int = 0
    lost: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    #: Seconds from the kill until all students were back, by what was killed.
    back: dict[str, list[float]] = field(default_factory=dict)


class Chaos:
    """A site, its students, and what is done to them."""

    def __init__(self, var: Path, seed: int) -> None:
        # Short lives of nothing but the chaos: no pool beyond two, no freezing.
        self.site = RunningSite(var, PLAYGROUND_POOL_MIN="1", PLAYGROUND_POOL_MAX="2")
        self.node = Node(replace(RuntimeConfig.from_environ(), state_dir=var / "node"))
        self.students = {
            name: Student(self.site.address) for name in ("typist", "printer", "builder")
        }
        self.random = random.Random(seed)
        self.outcome = Outcome()
        self.hosts: dict[str, int] = {}

    async def run(self, victims: Sequence[str]) -> Outcome:
        """One round for each victim; then stop and look for what stayed."""
        await asyncio.to_thread(self.site.start)
        try:
            for student in self.students.values():
                await student.open()
                await student.expect("docker-host[^\\n]*# ")
            await self._settle_in(first=True)
            for number, victim in enumerate(victims):
                await self._round(number, victim)
        finally:
            for student in self.students.values():
                await student.close()
            await asyncio.to_thread(self.site.stop)
        await asyncio.sleep(1)
        self.outcome.leaked = self.site.traces()
        return self.outcome

    async def _settle_in(self, first: bool) -> None:
        """Start everybody's work; a reboot ends shells, so it is done again then."""
        if first:
            for student in self.students.values():
                since = student.position
                await student.type(
                    "echo mark > /root/mark; docker run -d --name keep busybox sleep 1000000 && "
                    "sync && echo settled''-in\n"
                )
                await student.expect("^settled-in", since=since)
        for name, program in (("typist", _COUNTER), ("printer", _PRINTER), ("builder", _BUILDER)):
            await self.students[name].type(program + "\n")
        await self.students["printer"].expect(r"^line-3\.")
        self.hosts = {sandbox.id: sandbox.pid for sandbox in self._claimed()}
        if len(self.hosts) != len(self.students):
            self._lost(f"{len(self.hosts)} hosts for {len(self.students)} students")

    async def _round(self, number: int, victim: str) -> None:
        typist, shells = self.students["typist"], self._shells()
        word = f"r{number}"
        await typist.type(f"{word}a\n")
        await asyncio.sleep(self.random.random() * 1.5)
        print(f"  {number + 1}: {victim}", end="", file=sys.stderr, flush=True)
        started = time.monotonic()
        await asyncio.to_thread(self._kill, victim)
        try:
            if victim == "reboot":
                await asyncio.wait_for(self._back_after_reboot(shells), _BACK_WITHIN)
            else:
                await asyncio.wait_for(self._everybody_is_back(word), _BACK_WITHIN)
                if self._shells() != shells:
                    self._lost(f"round {number}, {victim}: another shell")
        except (TimeoutError, asyncio.TimeoutError):
            self._lost(f"round {number}, {victim}: not back in {_BACK_WITHIN} s")
            for name, student in self.students.items():
                print(f"    {name}: …{bytes(student.output[-300:])!r}", file=sys.stderr)
        took = time.monotonic() - started
        print(f" {took:.1f} s", file=sys.stderr, flush=True)
        self.outcome.back.setdefault(victim, []).append(took)
        self._compare(number, victim)
        self.outcome.rounds += 1

    async def _everybody_is_back(self, word: str) -> None:
        typist, printer, builder = (
            self.students[name] for name in ("typist", "printer", "builder")
        )
        lines, builds = printer.position, builder.position
        while True:
            # A key may have been on its way to what was killed; a student would type it again.
            await typist.type(f"{word}b\n")
            with suppress(TimeoutError, asyncio.TimeoutError):
                await typist.expect(f"^got-[0-9]+-{word}b", seconds=3)
                break
        await printer.expect(r"^line-\d+\.", since=lines)
        await builder.expect(r"^built-\d+\.", since=builds)

    async def _back_after_reboot(self, before: dict[str, str]) -> None:
        for name, student in self.students.items():
            while student.shell == before[name]:
                await asyncio.sleep(0.05)
            await student.type(
                "cat /root/mark; docker inspect -f '{{.State.Status}}' keep; "
                "docker start keep && echo back''-up\n"
            )
            await student.expect(r"mark\r\nexited\r\nkeep\r\nback-up")
        await self._settle_in(first=False)

    def _kill(self, victim: str) -> None:
        found = processes(self.site.layout)
        if victim in _PARTS:
            found = [p for p in found if _is_part(p, victim)]
        elif victim == "all":
            found = [p for p in found if any(_is_part(p, part) for part in _PARTS)]
        for process in found:
            with suppress(psutil.Error):
                process.kill()
        if victim in ("everything", "reboot"):
            self.site.process.kill()
            self.site.process.wait()
            if victim == "reboot":
                self._forget_sandboxes()
            self.site.start()

    def _forget_sandboxes(self) -> None:
        for sandbox in self.node.sandboxes():
            sandbox.group.kill()
            sandbox.group.remove()
            shutil.rmtree(self.node.crun.root / sandbox.id, ignore_errors=True)
            record.write(sandbox.directory, replace(sandbox.record, boot_id="before"))

    def _compare(self, number: int, victim: str) -> None:
        now = {sandbox.id: sandbox.pid for sandbox in self._claimed()}
        if now != self.hosts:
            self._lost(f"round {number}, {victim}: hosts {self.hosts} became {now}")
        for name, student in self.students.items():
            if student.gaps:
                self._lost(f"round {number}, {victim}: {name} missed output")
                student.gaps = 0
        for name, pattern in (("printer", rb"line-(\d+)\."), ("builder", rb"built-(\d+)\.")):
            counted = [int(n) for n in re.findall(pattern, bytes(self.students[name].output))]
            if counted != list(range(1, len(counted) + 1)):
                self._lost(f"round {number}, {victim}: {name}'s numbers have gaps")

    def _claimed(self) -> list[record.Record]:
        with closing(sqlite3.connect(self.site.layout.var / "db" / "db.sqlite3")) as database:
            rows = database.execute(
                "select id from sandboxes_sandbox where state = 'ready' order by id"
            ).fetchall()
        living = {s.id: s.record for s in self.node.sandboxes() if s.is_alive()}
        return [living[row[0]] for row in rows if row[0] in living]

    def _shells(self) -> dict[str, str]:
        return {name: student.shell for name, student in self.students.items()}

    def _lost(self, what: str) -> None:
        print(f"\n  LOST: {what}", file=sys.stderr)
        self.outcome.lost.append(what)


def _is_part(process: psutil.Process, part: str) -> bool:
    with suppress(psutil.Error):
        line = process.cmdline()
        return _PARTS[part] in " ".join(line) and line[0] not in ("sh", "/bin/sh", "unshare")
    return False


def victims(rounds: int, seed: int) -> list[str]:
    """What to kill: each part in turn, all of them, everything and a reboot, in random order."""
    kinds = [*_PARTS, "all", "everything", "reboot"]
    chosen = (kinds * (rounds // len(kinds) + 1))[:rounds]
    random.Random(seed).shuffle(chosen)
    return chosen


def chaos(rounds: int = 50, seed: int = 1) -> None:
    """The full form."""
    with tempfile.TemporaryDirectory() as folder:
        run = Chaos(Path(folder) / "var", seed)
        outcome = asyncio.run(run.run(victims(rounds, seed)))
    back = {what: round(sorted(took)[len(took) // 2], 1) for what, took in outcome.back.items()}
    for bench, found in (("chaos.lost", outcome.lost), ("chaos.leaked", outcome.leaked)):
        line = {"bench": bench, "unit": "count", "value": len(found), "n": outcome.rounds}
        print(json.dumps({**line, "found": found[:20], "back_s_p50": back}), flush=True)
