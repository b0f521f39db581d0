"""What the page says of time: of the processor's, and of the host's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.site.conftest import Site, start_site
from tests.site.terminal_page import TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


@pytest.fixture
def short_site(fit_machine: None, var: Path) -> Iterator[Site]:
    """A site whose hosts have little of either."""
    site = start_site(
        var,
        PLAYGROUND_POOL_MIN="0",
        PLAYGROUND_SANDBOX_CPU_SECONDS="4",
        PLAYGROUND_SANDBOX_LIFE_MINUTES="6",
    )
    yield site
    site.stop()


def test_ends_are_said_before_they_come(browser: Browser, short_site: Site) -> None:
    context = browser.new_context(base_url=short_site.url, locale="en")
    terminal = TerminalPage(context.new_page())
    terminal.open()
    line = terminal.page.locator("[data-limits]")
    expect(line).to_contain_text("This host ends in 6 min, after 0.1 h.", timeout=10_000)
    terminal.keys("while :; do :; done &\n")
    expect(line).to_contain_text(
        "Your host has used its 4 seconds of processor time and now runs at 5 % of a processor.",
        timeout=45_000,
    )
    assert short_site.node.sandboxes()[0].group.cpus() == pytest.approx(0.05)
    assert terminal.run("kill %1; echo alive").splitlines()[-1].startswith("alive")

    korean = browser.new_context(
        base_url=short_site.url, locale="ko", storage_state=context.storage_state()
    )
    page = korean.new_page()
    page.goto("/lessons/first-container/")
    line = page.locator("[data-limits]")
    expect(line).to_contain_text("호스트가 프로세서 시간 4초를 모두 써서", timeout=20_000)
    expect(line).to_contain_text("분 뒤에 종료됩니다")
    for each in (korean, context):
        each.close()
