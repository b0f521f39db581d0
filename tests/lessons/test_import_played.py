"""An imported lesson in a real sandbox: its set-up, its commands, its checks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lessons import player
from playground.runtime.node import Node
from tests.lessons.import_support import TEA_SHOP, bring

pytestmark = pytest.mark.sandbox


def test_an_imported_lesson_can_be_played(node: Node, tmp_path: Path) -> None:
    _, lesson = bring(TEA_SHOP, tmp_path)
    played = asyncio.run(player.play(lesson, node))
    assert played.problems == []
    assert played.checks == 2
