"""Whatever is killed, students find their hosts, shells, programs and containers again."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from bench.chaos import Chaos, victims

pytestmark = [pytest.mark.sandbox, pytest.mark.site]

FULL = os.environ.get("PLAYGROUND_FULL") == "1"


def test_nothing_is_lost_and_nothing_leaks(fit_machine: None, tmp_path: Path, var: Path) -> None:
    seed = 2026
    # Eight rounds kill each part, all parts, everything and the "machine" once.
    outcome = asyncio.run(Chaos(var, seed).run(victims(50 if FULL else 8, seed)))
    assert outcome.rounds == (50 if FULL else 8)
    assert outcome.lost == []
    assert outcome.leaked == []
