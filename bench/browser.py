"""How fast xterm.js parses in the browser: what a terminal needs to be faster than."""

from __future__ import annotations

import shutil

from playwright.async_api import async_playwright

_PARSE = """async (megabytes) => {
    const terminal = window.playground.terminal.terminal;
    const line = "abcdefghijklmnopqrstuvwxyz0123456789+/".repeat(3).slice(0, 99);
    const piece = new TextEncoder().encode((line + "\\r\\n").repeat(640));
    const write = () => new Promise((parsed) => terminal.write(piece, parsed));
    await write();
    const started = performance.now();
    let bytes = 0;
    while (bytes < megabytes * 1e6) {
        // As the hub does: four pieces on the way.
        await Promise.all([write(), write(), write(), write()]);
        bytes += 4 * piece.length;
    }
    return bytes / 1e3 / (performance.now() - started);
}"""


async def parse_speed(address: str, megabytes: int = 20) -> float:
    """MB/s of plain lines of 99 characters, as a lesson's page draws them."""
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=binary, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.goto(f"http://{address}/lessons/first-container/")
        await page.wait_for_selector("[data-terminal] .xterm")
        speed: float = await page.evaluate(_PARSE, megabytes)
        await browser.close()
    return speed
