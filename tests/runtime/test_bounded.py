"""Commands whose output is a stranger's."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil
import pytest

from playground.runtime import bounded


def test_what_it_prints_and_how_it_ends() -> None:
    done = bounded.run(["sh", "-c", "cat; echo bad >&2; exit 3"], stdin=b"given")
    assert (done.stdout, done.stderr, done.returncode) == (b"given", b"bad\n", 3)
    much = b"x" * (4 << 20)
    assert bounded.run(["cat"], stdin=much).stdout == much


def test_who_never_stops_printing_is_ended_and_not_kept() -> None:
    before = psutil.Process().memory_info().rss
    began = time.monotonic()
    with pytest.raises(bounded.TooMuchOutput):
        bounded.run(["yes"], seconds=30, most=1 << 20)
    with pytest.raises(bounded.TooMuchOutput):
        bounded.run(["sh", "-c", "yes >&2"], seconds=30, most=1 << 20)
    assert time.monotonic() - began < 10
    assert psutil.Process().memory_info().rss - before < 64 << 20


def test_who_takes_too_long_is_ended() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        bounded.run(["sleep", "60"], seconds=0.2)


def test_a_child_that_keeps_the_pipe_is_not_waited_for() -> None:
    code = (
        "import subprocess; "
        "print(subprocess.Popen(['sleep', '20'], start_new_session=True).pid, flush=True)"
    )
    began = time.monotonic()
    done = bounded.run([sys.executable, "-c", code], seconds=15)
    try:
        assert done.returncode == 0
        assert time.monotonic() - began < 12
    finally:
        psutil.Process(int(done.stdout)).kill()


def test_who_does_not_read_is_not_fed() -> None:
    assert bounded.run(["true"], stdin=b"x" * (8 << 20), seconds=10).returncode == 0
