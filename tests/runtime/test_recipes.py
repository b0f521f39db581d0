from __future__ import annotations

from pathlib import Path

import pytest

from playground.runtime.errors import BuildFailed
from playground.runtime.recipes import recipe_hash, run_logged


def test_a_hash_changes_with_name_mode_content_and_version(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("x")
    seen = {recipe_hash("1", tmp_path), recipe_hash("2", tmp_path)}
    file.write_text("y")
    seen.add(recipe_hash("1", tmp_path))
    file.chmod(0o755)
    seen.add(recipe_hash("1", tmp_path))
    file.rename(tmp_path / "b")
    seen.add(recipe_hash("1", tmp_path))
    seen.add(recipe_hash("1", tmp_path, extra=["z"]))
    assert len(seen) == 6
    assert recipe_hash("1", tmp_path) in seen


def test_a_failed_command_says_its_last_lines() -> None:
    said: list[str] = []
    with pytest.raises(BuildFailed, match=r"(?s)exit code 3.*the reason") as failure:
        run_logged(["sh", "-c", "echo fine; echo the reason >&2; exit 3"], said.append, "It")
    assert said == ["fine", "the reason"]
    assert failure.value.mend
