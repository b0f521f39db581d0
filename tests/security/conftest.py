"""Another student's sandbox, and nodes whose sandboxes have a way out of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from playground.runtime.config import RuntimeConfig
from playground.runtime.node import Node
from tests.security.egress_lab import EGRESS, Lab
from tests.support import Host


@pytest.fixture(scope="module")
def victim(node: Node) -> Iterator[Host]:
    """Another student's host."""
    sandbox = node.create()
    yield Host(sandbox)
    sandbox.remove()


@pytest.fixture(scope="module")
def lab(fit_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def egress_config(tmp_path_factory: pytest.TempPathFactory) -> RuntimeConfig:
    given = RuntimeConfig.from_environ()
    return replace(given, state_dir=tmp_path_factory.mktemp("egress"), egress=EGRESS)


@pytest.fixture(scope="module")
def online(lab: Lab, egress_config: RuntimeConfig) -> Iterator[Node]:
    """A node on the lab's host, its sandboxes with a way out."""
    node = Node(egress_config)
    yield node
    lab.host.call(node.shutdown)


@pytest.fixture
def other(lab: Lab, egress_config: RuntimeConfig, tmp_path: Path) -> Iterator[Node]:
    """A second node on the same host, with a subnet of its own."""
    egress = replace(EGRESS, subnet=IPv4Network("100.126.0.0/24"))
    node = Node(replace(egress_config, state_dir=tmp_path / "node", egress=egress))
    yield node
    lab.host.sysctl("net/ipv4/conf/up0/forwarding", 1)
    lab.host.call(node.shutdown)
