from __future__ import annotations

import json
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from playground.runtime import doctor
from playground.runtime.config import PROJECT_ROOT, RuntimeConfig


def test_a_fit_machine_has_no_error(fit_machine: None) -> None:
    findings = doctor.examine(RuntimeConfig.from_environ())
    assert {f.name for f in findings} >= {"kernel", "cgroups", "OCI runtime", "idmapped mounts"}
    assert not [f for f in findings if f.stops_sandboxes]


def test_names_the_mend_for_each_thing_amiss(tmp_path: Path) -> None:
    config = replace(
        RuntimeConfig.from_environ(), crun="/nowhere/crun", cache_dir=tmp_path, state_dir=tmp_path
    )
    amiss = [f for f in doctor.examine(config) if f.stops_sandboxes]
    assert {"OCI runtime", "host image", "catalogue"} <= {f.name for f in amiss}
    assert all(f.mend for f in amiss)
    assert "/nowhere/crun" in doctor.reason(config)


def test_an_old_kernel_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "release", lambda: "5.15.0-91-generic")
    finding = next(iter(doctor._kernel(RuntimeConfig.from_environ())))
    assert finding.stops_sandboxes
    assert "hwe" in finding.mend


def test_the_command_prints_json(fit_machine: None) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"], cwd=PROJECT_ROOT, capture_output=True
    )
    document = json.loads(done.stdout)
    assert document["fit"] is True
    assert done.returncode == 0
    assert {"name", "level", "detail", "mend"} == set(document["findings"][0])
