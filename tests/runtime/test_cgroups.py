from __future__ import annotations

from pathlib import Path

from playground.runtime import cgroups


def _tree(root: Path, *names: str) -> None:
    for name in names:
        (root / name).mkdir()


def test_knows_v2_from_v1(tmp_path: Path) -> None:
    _tree(tmp_path, "memory", "cpu", "pids", "freezer", "devices")
    assert cgroups.mode(tmp_path) == "v1"
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    assert cgroups.mode(tmp_path) == "v2"


def test_names_what_is_missing(tmp_path: Path) -> None:
    _tree(tmp_path, "memory", "cpu")
    assert cgroups.missing_controllers(tmp_path) == ["pids", "freezer", "devices"]
    (tmp_path / "cgroup.controllers").write_text("cpu\n")
    assert cgroups.missing_controllers(tmp_path) == ["memory", "pids"]


def test_this_machine_has_a_mode() -> None:
    assert cgroups.mode() in ("v1", "v2", "hybrid")
