from __future__ import annotations

import os
from pathlib import Path

import pytest

from playground.runtime import idmap
from playground.runtime.errors import SandboxError


def test_lowest_free_slot() -> None:
    assert idmap.free_slot([], 3) == 0
    assert idmap.free_slot([0, 2], 3) == 1
    with pytest.raises(SandboxError, match="3 id ranges"):
        idmap.free_slot([0, 1, 2], 3)


def test_bases_do_not_overlap() -> None:
    assert idmap.base_of(1, 1000) - idmap.base_of(0, 1000) == idmap.RANGE


@pytest.mark.sandbox
def test_a_user_namespace_maps_its_range(fit_machine: None) -> None:
    before = _children()  # in a whole run the virtual machine's is among them
    with idmap.user_namespace(1_200_000_000) as descriptor:
        assert os.readlink(f"/proc/self/fd/{descriptor}") != os.readlink("/proc/self/ns/user")
    assert _children() == before


def _children() -> set[str]:
    found = (each.read_text().split() for each in Path("/proc/self/task").glob("*/children"))
    return {pid for pids in found for pid in pids}
