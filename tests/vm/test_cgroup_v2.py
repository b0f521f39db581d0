"""The runtime core where most users run it: systemd, cgroup v2, Debian's own kernel."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from playground.runtime.config import RuntimeConfig
from tests.vm import ahead, machine

FULL = os.environ.get("PLAYGROUND_FULL") == "1"

#: What differs between cgroup v1 and v2, for the short form.
_SHORT = (
    "memory_limit or spent_budget or freeze_stops or leaves_nothing or after_a_reboot"
    " or writing_and_reading or does_what_the_manual_says and (enforced or pids)"
)
_SCRIPT = """
export PYTHONDONTWRITEBYTECODE=1 PLAYGROUND_START_SECONDS=180
/venv/bin/python -c 'from playground.runtime import cgroups; print("mode:", cgroups.mode())'
/venv/bin/python -m pytest -p no:cacheprovider --color=no -q -rf {selection} 2>&1
"""


def script() -> str:
    """What runs in the machine."""
    selection = "tests/runtime tests/security tests/hub/test_shim.py -m sandbox"
    if not FULL:
        names = ("sandbox", "docker_options", "recovery", "blockio", "budget")
        files = " ".join(f"tests/runtime/test_{name}.py" for name in names)
        selection = f"{files} -k '{_SHORT}'"
    return _SCRIPT.format(selection=selection)


@pytest.mark.vm
@pytest.mark.sandbox
def test_the_runtime_core_on_systemd_and_cgroup_v2(fit_machine: None, tmp_path: Path) -> None:
    code, console = ahead.result(script()) or machine.run(
        RuntimeConfig.from_environ(), script(), tmp_path
    )
    print(console[-8000:])
    assert "mode: v2" in console
    assert code == 0
    passed = re.search(r"(\d+) passed", console)
    assert passed
    assert int(passed[1]) >= (150 if FULL else 6)
