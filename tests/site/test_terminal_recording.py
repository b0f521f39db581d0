"""Recording a terminal, keeping it in the browser, playing it there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.site.terminal_page import TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]


def choose(page: Page, name: str) -> None:
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("menu").locator(f"[data-action={name}]").click()


def test_recorded_only_when_asked_saved_and_played(page: Page, tmp_path: Path) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    terminal.run("echo already-here")
    assert page.locator("[data-notice=recording]").count() == 0
    choose(page, "record")
    line = page.locator("[data-notice=recording]")
    expect(line).to_contain_text("Recording")
    expect(page.locator("[data-name=main].recorded")).to_have_count(1)
    terminal.run("echo '녹화 🐳'; printf '\\e[31mred\\e[0m\\n'; sleep 1")
    page.set_viewport_size({"width": 1300, "height": 800})
    terminal.run("echo wider")
    line.get_by_role("button", name="Stop").click()
    expect(line).to_have_count(0)
    terminal.run("echo not-recorded")

    done = page.locator("[data-notice=recorded]")
    with page.expect_download() as started:
        done.get_by_role("button", name="Save as a file").click()
    assert started.value.suggested_filename.endswith(".cast")
    cast = Path(started.value.path()).read_text()
    header, *events = [json.loads(line) for line in cast.splitlines()]
    assert header["version"] == 2 and header["width"] > 40 and header["title"] == "Shell 1"
    times = [event[0] for event in events]
    assert times == sorted(times) and times[-1] > 1
    said = "".join(event[2] for event in events if event[1] == "o")
    assert "already-here" in said and "녹화 🐳" in said and "\x1b[31mred" in said
    assert "not-recorded" not in said
    assert any(event[1] == "r" for event in events)

    with page.context.expect_page() as opened:
        choose(page, "recordings")
    player = opened.value
    requests: list[str] = []
    player.on("request", lambda request: requests.append(request.url))
    failures: list[str] = []
    player.on("pageerror", lambda error: failures.append(str(error)))
    player.wait_for_load_state()
    player.reload()
    expect(player.locator(".recording")).to_have_count(1)
    player.get_by_role("button", name="Play", exact=True).first.click()
    expect(player.locator(".ap-player")).to_be_visible()
    player.evaluate("window.player.seek('99%')")
    player.wait_for_function("() => document.querySelector('.ap-term').textContent.length > 0")
    assert player.evaluate("window.player.getDuration()").__gt__(1)
    assert not failures
    origin = page.url.split("/lessons")[0]
    assert all(url.startswith((origin, "data:", "blob:")) for url in requests)
    player.get_by_role("button", name="Delete").click()
    expect(player.locator(".recording")).to_have_count(0)
    file = tmp_path / "mine.cast"
    file.write_text(cast)
    player.locator("[data-cast-field]").set_input_files(str(file))
    expect(player.locator("#player-title")).to_have_text("mine.cast")


def test_closing_a_recorded_terminal_keeps_the_recording(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    page.get_by_role("button", name="New terminal").click()
    terminal.run("true")
    choose(page, "record")
    terminal.run("echo kept")
    page.locator(".shell-tab.selected .shell-close").click()
    expect(page.get_by_role("tab", name="Shell 2")).to_have_count(0)
    page.wait_for_timeout(500)  # the browser's store needs a moment, and leaving would cut it short
    page.goto("/recordings/")
    expect(page.locator(".recording h2")).to_have_text("Shell 2")


def test_the_policy_lets_only_the_player_compile(page: Page) -> None:
    answers = {path: page.request.get(path) for path in ("/lessons/", "/recordings/")}
    policy = {path: a.headers["content-security-policy"] for path, a in answers.items()}
    assert "wasm" not in policy["/lessons/"]
    assert "'wasm-unsafe-eval'" in policy["/recordings/"]
    assert all("'unsafe-eval'" not in text for text in policy.values())
