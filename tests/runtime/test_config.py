from __future__ import annotations

from pathlib import Path

import pytest

from playground.runtime.config import Limits, RuntimeConfig


def test_reads_the_environment(tmp_path: Path) -> None:
    config = RuntimeConfig.from_environ(
        {"PLAYGROUND_VAR": str(tmp_path), "PLAYGROUND_SANDBOX_CPUS": "0.5"}
    )
    assert config.state_dir == tmp_path / "node"
    assert config.limits == Limits(cpus=0.5)


@pytest.mark.parametrize("bad", ["many", "0", "-1"])
def test_a_bad_limit_is_named(bad: str) -> None:
    with pytest.raises(ValueError, match=f"PLAYGROUND_SANDBOX_PIDS='{bad}'"):
        Limits.from_environ({"PLAYGROUND_SANDBOX_PIDS": bad})


def test_two_states_have_two_cgroups() -> None:
    one, other = RuntimeConfig(Path("/a")), RuntimeConfig(Path("/b"))
    assert one.cgroup_name != other.cgroup_name


def test_some_limits_can_be_switched_off() -> None:
    environ = {"PLAYGROUND_SANDBOX_CPU_SECONDS": "0", "PLAYGROUND_SANDBOX_IO_MBPS": "0"}
    assert Limits.from_environ(environ) == Limits(cpu_seconds=0, io_mbps=0)
    with pytest.raises(ValueError, match="must be above zero"):
        Limits.from_environ({"PLAYGROUND_SANDBOX_SLOW_CPUS": "nan"})
