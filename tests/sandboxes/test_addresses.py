from __future__ import annotations

import pytest

from playground.sandboxes.addresses import network_of


@pytest.mark.parametrize(
    ("client", "network"),
    [
        (("192.0.2.7", 1234), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("2001:db8:1:2::9", 1), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 1), "fe80::/64"),
        (("::ffff:192.0.2.7", 1), "192.0.2.7"),
        (("/run/some.sock", 0), ""),
        (None, ""),
    ],
)
def test_the_network_of_a_client(client: tuple[str, int] | None, network: str) -> None:
    assert network_of(client) == network
