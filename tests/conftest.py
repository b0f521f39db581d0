"""Fixtures that start the real thing, and put everything away again, also when a test fails."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lessons import shelf
from lessons.authoring import published
from playground.runtime.config import RuntimeConfig
from playground.runtime.doctor import reason
from playground.runtime.node import Node
from tests.support import Host
from tests.vm import ahead

ALLOW_SKIP = os.environ.get("PLAYGROUND_ALLOW_SKIP") == "1"


def pytest_sessionstart(session: pytest.Session) -> None:
    """In a whole run begin the longest test first, once for all the processes that run tests."""
    from tests.vm import test_cgroup_v2

    config = session.config
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    is_chosen = config.option.keyword or config.option.markexpr or config.option.collectonly
    if is_whole and not is_chosen and not test_cgroup_v2.FULL and not _is_worker(config):
        ahead.start(test_cgroup_v2.script())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the files, hand out the slow ones first.

    Then short ones fill what is left at the end, instead of one process working alone; the one that
    waits for the virtual machine comes last.
    """
    if not _is_worker(config):
        return
    turns: dict[Path, int] = {}
    for item in items:
        turns[item.path] = min(turns.get(item.path, 3), _turn(item))
    # Of tests that need no sandbox the file with the most takes longest.
    many = Counter(item.path for item in items if turns[item.path] == 2)
    items.sort(key=lambda item: (turns[item.path], -many[item.path], str(item.path)))


def _turn(item: pytest.Item) -> int:
    """Of a test by its markers; smaller ones come first."""
    turns = {"vm": 3, "site": 0, "sandbox": 1}
    return next((n for name, n in turns.items() if item.get_closest_marker(name)), 2)


def _is_worker(config: pytest.Config) -> bool:
    """Whether this process runs tests for another that hands them out."""
    return hasattr(config, "workerinput")


def pytest_sessionfinish() -> None:
    """End it if nobody waited for it."""
    ahead.stop()


@pytest.fixture(autouse=True)
def _shelf(request: pytest.FixtureRequest) -> Iterator[None]:
    """Published lessons are the database's: those of one test are not the next one's."""
    published._read.cache_clear()
    may_ask = request.node.get_closest_marker("django_db") or "db" in request.fixturenames
    shelf.put_up(published.Published() if may_ask else None)
    yield
    shelf.put_up(None)


@pytest.fixture(scope="session")
def fit_machine() -> None:
    """A machine that can run sandboxes. One that cannot fails the test: it would prove nothing."""
    why = reason(RuntimeConfig.from_environ())
    if why and ALLOW_SKIP:
        pytest.skip(f"this machine cannot run sandboxes: {why}")
    if why:
        pytest.fail(f"this machine cannot run sandboxes: {why}", pytrace=False)


@pytest.fixture(scope="session")
def node(fit_machine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of the tests' own."""
    state: Path = tmp_path_factory.mktemp("node")
    node = Node(replace(RuntimeConfig.from_environ(), state_dir=state))
    yield node
    node.shutdown()


@pytest.fixture(scope="module")
def host(node: Node) -> Iterator[Host]:
    """A student's Docker host, shared by the tests of a module."""
    sandbox = node.create()
    yield Host(sandbox)
    sandbox.remove()
