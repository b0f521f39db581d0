"""The operator's catalogue and limits in a browser, on a running site that is not restarted.

A whole catalogue takes over a minute to build: with ``PLAYGROUND_FULL=1``. The short form builds
one that fails, and rolls out a copy of the catalogue that is there.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from playground.runtime.catalogue import store
from playground.runtime.config import RuntimeConfig
from playground.runtime.sandbox import Sandbox
from tests.site.conftest import Site
from tests.site.terminal_page import PROMPT, TerminalPage
from tests.site.test_operator import operator, signed_in  # noqa: F401 - fixtures
from tests.support import wait_until

pytestmark = [pytest.mark.sandbox, pytest.mark.site]
CATALOGUE = "/operator/catalogue/"
FULL = os.environ.get("PLAYGROUND_FULL") == "1"


@pytest.fixture
def rollouts(site: Site) -> Iterator[Path]:
    """The site's roll-outs; afterwards new sandboxes have the checkout's catalogue again."""
    folder = site.var / "catalogue"
    yield folder
    (folder / "current").unlink(missing_ok=True)
    cache = RuntimeConfig.from_environ().cache_dir
    for made in folder.iterdir():
        shutil.rmtree(cache / "catalogue" / made.name, ignore_errors=True)
        for template in (cache / "disks").glob(f"{made.name}-*.img"):
            template.unlink()
        shutil.rmtree(made)


def _fill(page: Page, **fields: str) -> None:
    for name, text in fields.items():
        page.locator(f"#id_{name}").fill(text)


def _alive(site: Site) -> list[Sandbox]:
    return [each for each in site.node.sandboxes() if each.is_alive()]


def test_what_cannot_be_pulled_says_so_and_leaves_all_as_it_is(
    operator: Page,  # noqa: F811
    site: Site,
) -> None:
    operator.goto(f"{CATALOGUE}images/")
    _fill(
        operator,
        name="far-away",
        tags="far-away:1",
        reference="registry.invalid/far/away:1",
        summary_en="It cannot be had.",
        summary_ko="구할 수 없습니다.",
    )
    operator.get_by_role("button", name="Save").click()
    row = operator.locator("[data-image=far-away]")
    expect(row).to_contain_text("new: not rolled out")
    operator.get_by_role("button", name="Build and roll out").click()
    expect(operator.locator("[data-state].failed")).to_be_visible(timeout=90_000)
    expect(operator.locator("[data-error]")).to_contain_text(
        "far-away: registry.invalid/far/away:1 could not be pulled"
    )
    expect(operator.locator("[data-lines]")).to_contain_text("pulling registry.invalid/far/away:1")
    expect(row).to_contain_text("new: not rolled out")
    operator.once("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)
    assert not (site.var / "catalogue" / "current").exists()


def test_another_catalogue_is_used_by_new_sandboxes_and_goes_when_nobody_has_it(
    operator: Page,  # noqa: F811
    page: Page,
    site: Site,
    rollouts: Path,
) -> None:
    config = RuntimeConfig.from_environ()
    own = store.built(config, store.own_key())
    assert own
    key = secrets.token_hex(8)
    subprocess.run(["cp", "-al", own.root, store.path(config, key)], check=True)
    (rollouts / key).mkdir()
    about = {"key": key, "base": own.key, "stamp": "x", "made": 1.0, "images": {}}
    (rollouts / key / "about.json").write_text(json.dumps(about))

    page.goto("/playground/")
    TerminalPage(page).wait_for(PROMPT)  # a student who had theirs before
    older = {each.id for each in _alive(site)}
    operator.goto(CATALOGUE)
    row = operator.locator(f"[data-catalogue='{key}']")
    row.get_by_role("button", name="Use").click()

    def newer() -> list[str]:
        return [each.record.catalogue for each in _alive(site) if each.id not in older]

    wait_until(lambda: key in newer(), 60)
    assert any(each.record.catalogue == own.key for each in _alive(site))  # the student's
    operator.goto(CATALOGUE)
    expect(row).to_contain_text("for new sandboxes")
    own_row = operator.locator(f"[data-catalogue='{own.key}']")
    own_row.get_by_role("button", name="Use").click()
    # The pool is renewed again; then nobody has it.
    wait_until(lambda: {each.record.catalogue for each in _alive(site)} == {own.key}, 90)
    operator.goto(CATALOGUE)
    operator.once("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button", name="Remove").click()
    wait_until(lambda: not store.path(config, key).exists(), 30)
    wait_until(lambda: not (rollouts / key).exists())
    operator.goto("/operator/log/")
    for verb in ("catalogue.use_old", "catalogue.remove_old"):
        expect(operator.locator("tbody")).to_contain_text(verb)


def test_a_limit_holds_for_the_next_sandbox(operator: Page, site: Site) -> None:  # noqa: F811
    operator.goto("/operator/limits/")
    limit = operator.locator("#SANDBOX_PIDS")
    limit.get_by_role("textbox").fill("777")
    limit.get_by_role("button", name="Set").click()
    expect(limit).to_contain_text("777, set here")
    try:
        wait_until(lambda: 777 in {each.record.limits.pids for each in _alive(site)}, 60)
    finally:
        limit.get_by_role("button", name="Back to 1024").click()
        expect(limit).to_contain_text("1024, by the environment")


@pytest.mark.skipif(not FULL, reason="builds everything, which takes minutes: PLAYGROUND_FULL=1")
def test_an_image_is_added_built_and_there_for_new_students(
    operator: Page,  # noqa: F811
    page: Page,
    site: Site,
    rollouts: Path,
) -> None:
    operator.goto(f"{CATALOGUE}images/")
    _fill(
        operator,
        name="greeter",
        tags="greeter:1 greeter",
        dockerfile='FROM busybox\nCOPY greet.sh /greet\nCMD ["/greet"]\n',
        summary_en="It greets.",
        summary_ko="인사합니다.",
    )
    script = rollouts.parent / "greet.sh"
    script.write_text("#!/bin/sh\necho well met\n")
    operator.locator("#id_copied").set_input_files(script)
    operator.get_by_role("button", name="Save").click()
    start = operator.get_by_role("button", name="Build and roll out")
    start.click()
    expect(operator.locator("[data-lines]")).to_contain_text("debian: I:", timeout=60_000)
    operator.get_by_role("button", name="Stop").click()
    expect(operator.locator("[data-state].stopped")).to_be_visible(timeout=60_000)
    assert not list((RuntimeConfig.from_environ().cache_dir / "catalogue").glob(".building-*"))
    start.click()
    expect(operator.locator("[data-state].done")).to_be_visible(timeout=500_000)
    key = (rollouts / "current").read_text().strip()
    wait_until(lambda: {key} < {each.record.catalogue for each in _alive(site)} | {""}, 90)
    page.goto("/playground/")
    terminal = TerminalPage(page)
    terminal.wait_for(PROMPT)
    assert "well met" in terminal.run("docker run --rm greeter")
    tags = page.locator("[data-engine-pane]").get_attribute("data-catalogue")
    assert tags is not None
    assert "greeter:1" in tags
    page.goto("/images/")
    expect(page.locator("#greeter")).to_contain_text("It greets.")
    expect(page.locator("#greeter")).to_contain_text("this site’s operators")
