"""Archives of real images, made once for all tests here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from playground.runtime.node import Node
from tests.layers import images
from tests.support import Host


@pytest.fixture(scope="session")
def builder(node: Node) -> Iterator[Host]:
    """A student's host with all the built images."""
    sandbox = node.create()
    host = Host(sandbox)
    for name in images.BUILT:
        images.build(host, name)
    yield host
    sandbox.remove()


@pytest.fixture(scope="session")
def saved(builder: Host, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The archive of an image, by its name."""
    folder = tmp_path_factory.mktemp("saved")

    def save(name: str) -> Path:
        target = folder / f"{name.replace('/', '-')}.tar"
        return target if target.exists() else images.save(builder, name, target)

    return save
