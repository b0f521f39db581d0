from __future__ import annotations

from pathlib import Path

import pytest

from playground.runtime import disks
from playground.runtime.errors import SandboxError


def test_a_template_is_sparse_and_holds_the_skeleton(tmp_path: Path) -> None:
    skeleton = tmp_path / "skeleton"
    (skeleton / "image").mkdir(parents=True)
    template = tmp_path / "template.img"
    disks.make_template(template, 1024, skeleton)
    assert template.stat().st_size == 1 << 30
    assert disks.used_bytes(template) < 64 << 20
    copy = tmp_path / "copy.img"
    disks.copy_template(template, copy)
    assert copy.stat().st_size == 1 << 30
    assert disks.used_bytes(copy) < 64 << 20
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("tmp")] == []


def test_a_disk_too_small_is_said(tmp_path: Path) -> None:
    (tmp_path / "skeleton").mkdir()
    (tmp_path / "skeleton" / "large").write_bytes(b"x" * (12 << 20))
    with pytest.raises(SandboxError, match=r"(?s)disk of 8 MB.*PLAYGROUND_SANDBOX_DISK_MB"):
        disks.make_template(tmp_path / "t.img", 8, tmp_path / "skeleton")
    assert not (tmp_path / "t.img").exists()
