"""A handful of students for some seconds: what `make load` says is what happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from playground.runtime.config import PROJECT_ROOT

FULL = os.environ.get("PLAYGROUND_FULL") == "1"


@pytest.mark.sandbox
@pytest.mark.site
def test_students_work_and_the_report_says_so(fit_machine: None, tmp_path: Path) -> None:
    students, minutes = ("100", "15") if FULL else ("3", "0.35")
    report = tmp_path / "report.html"
    done = subprocess.run(
        [sys.executable, "-m", "load", "--students", students, "--minutes", minutes,
         "--rate", "2", "--report", report, *([] if FULL else ["--hurry"])],
        cwd=PROJECT_ROOT, capture_output=True, text=True,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found = {line["load"]: line for line in lines}
    assert found["claim"]["n"] == int(students), done.stdout + done.stderr
    assert found["key"]["n"] > 10
    assert found["Aggregated"]["failed"] == 0, done.stdout
    assert "✓ lost bytes: 0" in done.stdout
    page = report.read_text()
    assert page.count("<svg") == 4
    assert "http-equiv" not in page
    if FULL:
        assert done.returncode == 0, done.stdout


def test_what_is_not_kept_is_said(tmp_path: Path) -> None:
    from load.report import kept

    good = {"key": {"95%": 12.0}, "claim": {"95%": 400.0}, "Aggregated": {"failed": 0.0}}
    assert all(well for _, well in kept(good, 0))
    for name, bad in (("key", {"95%": 101.0}), ("claim", {}), ("Aggregated", {"failed": 1.0})):
        assert [well for _, well in kept({**good, name: bad}, 0)].count(False) == 1
    assert not all(well for _, well in kept(good, 3))
