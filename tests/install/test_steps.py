from __future__ import annotations

import io

import pytest

from playground.install.steps import Steps


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_says_what_it_does_and_how_long_it_took() -> None:
    out = io.StringIO()
    steps = Steps(2, out)
    steps.already("Packages")
    with steps.step("Host image"):
        steps.progress("not yet worth a line")
    assert out.getvalue().splitlines() == [
        "[1/2] Packages: there already",
        "[2/2] Host image",
        "      ✓ Host image (0.0 s)",
    ]


def test_on_a_terminal_the_newest_line_replaces_the_last() -> None:
    out = Terminal()
    steps = Steps(1, out)
    with steps.step("Host image"):
        steps.progress("unpacking\x1b[31m")
    assert "\r\x1b[K" in out.getvalue()
    assert "unpacking[31m" in out.getvalue()  # a build's own control bytes do not get through


def test_a_failed_step_is_not_called_done() -> None:
    out = io.StringIO()
    with pytest.raises(RuntimeError), Steps(1, out).step("It"):
        raise RuntimeError
    assert "✓" not in out.getvalue()
