"""A whole catalogue of one image from nothing, built and rolled out as an operator's is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from playground.runtime.catalogue import builder, recipe, rollout, store
from playground.runtime.config import RuntimeConfig
from playground.runtime.errors import BuildFailed, SandboxError
from playground.runtime.node import Node
from playground.runtime.recipes import build_lock
from playground.runtime.sandbox import Sandbox

_TOML = """
name = "{name}"
tags = ["{name}:1"]
{more}
[summary]
en = "a"
ko = "b"
"""


def lay_out(images: Path, name: str, more: str = "", dockerfile: str = "") -> None:
    """Write a recipe."""
    folder = images / name
    folder.mkdir(parents=True)
    (folder / "image.toml").write_text(_TOML.format(name=name, more=more))
    if dockerfile:
        (folder / "Dockerfile").write_text(dockerfile)
        (folder / "word").write_text(name)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RuntimeConfig]:
    """A cache of its own with the real host image, and a checkout of one small image."""
    given = RuntimeConfig.from_environ()
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "host").symlink_to(given.cache_dir / "host")
    own = tmp_path / "own"
    lay_out(own, "own", dockerfile="FROM scratch\nCOPY word /\n")
    monkeypatch.setattr(recipe, "IMAGES", own)
    store.own_key.cache_clear()
    config = replace(
        given,
        cache_dir=cache,
        state_dir=tmp_path / "node",
        rollouts=tmp_path / "catalogue",
        limits=replace(given.limits, disk_mb=512),
    )
    yield config
    Node(config).shutdown()
    with build_lock(cache):
        builder.clear_dead(config)
    store.own_key.cache_clear()


def _build(config: RuntimeConfig, stamp: str, more: str = "") -> rollout.About:
    said: list[str] = []
    with rollout.staging(config) as images:
        lay_out(images, "mine", more, "" if more else "FROM own:1\nCOPY word /mine\n")
        if not more:
            file = images / "mine" / "image.toml"
            file.write_text(file.read_text().replace("[summary]", 'needs = ["own"]\n[summary]'))
        made = rollout.build(config, images, {"mine": "x"}, stamp, said.append)
    assert any("mine" in line for line in said)
    return made


@pytest.mark.sandbox
def test_new_sandboxes_get_what_is_rolled_out_and_old_ones_keep_theirs(
    config: RuntimeConfig,
) -> None:
    own = builder.build(config, lambda line: None)
    node = Node(config)
    before = node.create("before")
    first = _build(config, "1")
    assert store.find(config) == own  # built is not rolled out
    rollout.use(config, first.key)
    after = node.create("after")
    assert before.record.catalogue == own.key
    assert after.record.catalogue == first.key
    assert _names(before) == {"own:1"}
    assert _names(after) == {"own:1", "mine:1"}
    assert rollout.used_by(config) == {own.key: 1, first.key: 1}
    with pytest.raises(SandboxError, match="New sandboxes get"):
        rollout.remove(config, first.key)
    rollout.use(config, own.key)
    with pytest.raises(SandboxError, match="1 sandboxes use"):
        rollout.remove(config, first.key)
    node.clear("after")
    rollout.remove(config, first.key)
    assert rollout.kept(config) == []
    assert store.built(config, first.key) is None
    assert not list(config.cache_dir.glob(f"disks/{first.key}*"))
    with pytest.raises(SandboxError):
        rollout.remove(config, own.key)
    # What cannot be pulled says so, and leaves nothing behind.
    with pytest.raises(BuildFailed, match=r"registry\.invalid/x:1 could not be pulled"):
        _build(config, "2", 'reference = "registry.invalid/x:1"')
    assert store.find(config) == own
    assert [each.name for each in (config.cache_dir / "catalogue").iterdir()] == [own.key]
    assert not list((config.rollouts or Path()).glob(".new-*"))
    # The next version of the checkout has one more image: a start builds both together.
    second = _build(config, "2")
    rollout.use(config, second.key)
    lay_out(recipe.IMAGES, "newer", dockerfile="FROM scratch\nCOPY word /\n")
    store.own_key.cache_clear()
    assert store.in_use(config) == store.own_key()
    rollout.renew(config, lambda line: None)
    found = store.find(config)
    assert found is not None
    assert {each["name"] for each in found.images()} == {"own", "mine", "newer"}
    assert rollout.about(config, found.key) == rollout.current(config)
    assert not rollout.needs_renewal(config)


def _names(sandbox: Sandbox) -> set[str]:
    return {tag for each in sandbox.engine_get("/images/json") for tag in each["RepoTags"]}


def _pretend_built(config: RuntimeConfig, key: str) -> None:
    root = store.path(config, key)
    root.mkdir(parents=True)
    (root / "index.json").write_text('{"images": []}')


def test_a_pointer_to_what_is_not_there_is_not_followed(config: RuntimeConfig) -> None:
    with rollout.staging(config) as images:
        lay_out(images, "mine", dockerfile="FROM scratch\n")
        key, again = store.key_of(images, "1"), store.key_of(images, "2")
        assert len({key, again, store.own_key()}) == 3
        folder = (config.rollouts or Path()) / key
        shutil.copytree(images, folder / "images")
    about = rollout.About(key, store.own_key(), "1", 1.0, {"mine": "x"})
    (folder / "about.json").write_text(str(vars(about)).replace("'", '"'))
    with pytest.raises(SandboxError, match="no catalogue"):
        rollout.use(config, key)
    _pretend_built(config, key)
    rollout.use(config, key)
    assert store.in_use(config) == key
    assert rollout.current(config) == about
    assert not rollout.needs_renewal(config)
    # The checkout got another image: what was rolled out lacks it.
    lay_out(recipe.IMAGES, "newer", dockerfile="FROM scratch\n")
    store.own_key.cache_clear()
    assert store.in_use(config) == store.own_key()
    assert rollout.needs_renewal(config)
    with pytest.raises(SandboxError, match="another version"):
        rollout.use(config, key)
    ((config.rollouts or Path()) / "current").write_text("../../etc")
    assert store.in_use(config) == store.own_key()
    assert not rollout.needs_renewal(config)
