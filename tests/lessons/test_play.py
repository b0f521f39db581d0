"""Lessons played on real hosts: each check fails before its commands and holds after them."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from lessons import library, player
from lessons.player import Played
from playground.runtime.node import Node

SAMPLES = Path(__file__).parent / "content"
FULL = os.environ.get("PLAYGROUND_FULL") == "1"


def _play(lessons: list[library.Lesson], node: Node) -> list[Played]:
    found: list[Played] = []

    def report(played: Played) -> None:
        print(f"{played.slug}: {played.checks} checks in {played.seconds:.0f} s", flush=True)
        found.append(played)

    player.play_all(lessons, node, 2, report)
    return found


def _chosen() -> list[library.Lesson]:
    """All in the full form, else the first of each track."""
    every = library.lessons()
    if FULL:
        return list(every)
    tracks = {lesson.track: lesson for lesson in reversed(every)}
    return list(tracks.values())


@pytest.mark.sandbox
def test_every_check_fails_before_and_holds_after(node: Node) -> None:
    played = _play([library.read(SAMPLES / "ports"), *_chosen()], node)
    assert [problem for each in played for problem in each.problems] == []
    assert sum(each.checks for each in played) > 20


@pytest.mark.sandbox
def test_a_check_that_holds_already_or_never_is_told(node: Node, tmp_path: Path) -> None:
    folder = tmp_path / "ports"
    shutil.copytree(SAMPLES / "ports", folder)
    file = folder / "lesson.toml"
    wanted = 'command = { docker = "container ls", options = { all = true } }'
    assert wanted in file.read_text()
    file.write_text(file.read_text().replace(wanted, 'image = { tag = "debian" }'))
    for step in folder.glob("02-*"):
        step.unlink()
    told: list[tuple[str, str, str, bool]] = []

    async def tell(step: str, check: str, when: str, right: bool) -> None:
        told.append((step, check, when, right))

    played = asyncio.run(player.play(library.read(folder), node, tell))
    assert ("01-publish", "typed", "before", False) in told
    assert all(right for _, check, _, right in told if check != "typed")
    assert {when for _, check, when, _ in told if check != "typed"} == {"before", "after"}
    assert len(played.problems) == 1
    assert "01-publish.en.md:" in played.problems[0]
    assert "check typed: it holds before its commands" in played.problems[0]
