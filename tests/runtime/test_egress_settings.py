from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from playground.runtime.egress import Egress, Permit
from playground.runtime.errors import MachineUnfit


def test_settings_are_read_from_the_environment() -> None:
    egress = Egress.from_environ(
        {
            "PLAYGROUND_EGRESS": "1",
            "PLAYGROUND_EGRESS_SUBNET": "10.9.0.0/24",
            "PLAYGROUND_EGRESS_ALLOW": "10.0.0.5:5000, 10.1.0.0/16",
            "PLAYGROUND_EGRESS_KBIT": "100",
        }
    )
    assert egress.on and egress.kbit == 100
    assert egress.allow == (
        Permit(IPv4Network("10.0.0.5/32"), 5000),
        Permit(IPv4Network("10.1.0.0/16")),
    )
    assert [str(each) for each in egress.addresses(127)] == ["10.9.0.254", "10.9.0.255"]
    with pytest.raises(MachineUnfit, match="128 sandboxes only"):
        egress.addresses(128)
    assert not Egress.from_environ({}).on


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("PLAYGROUND_EGRESS", "maybe"),
        ("PLAYGROUND_EGRESS_SUBNET", "10.0.0.1/8"),
        ("PLAYGROUND_EGRESS_DNS", "127.0.0.53"),
        ("PLAYGROUND_EGRESS_DNS", "dns.example"),
        ("PLAYGROUND_EGRESS_BLOCK", "fd00::/8"),
        ("PLAYGROUND_EGRESS_ALLOW", "10.0.0.5:99999"),
        ("PLAYGROUND_EGRESS_RATE", "0"),
        ("PLAYGROUND_EGRESS_KBIT", "fast"),
    ],
)
def test_a_bad_setting_is_named(name: str, bad: str) -> None:
    with pytest.raises(ValueError, match=f"{name}='{bad}'"):
        Egress.from_environ({name: bad})


def test_loopback_name_servers_of_the_machine_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub, real = tmp_path / "stub", tmp_path / "real"
    stub.write_text("nameserver 127.0.0.53\nnameserver ::1\n")
    monkeypatch.setattr("playground.runtime.egress._RESOLV_CONF", (real, stub))
    with pytest.raises(MachineUnfit, match="PLAYGROUND_EGRESS_DNS"):
        Egress(dns="host").resolvers()
    real.write_text("# systemd's\nnameserver 10.0.0.53\nsearch lan\n")
    assert Egress(dns="host").resolv_conf() == b"nameserver 10.0.0.53\n"
