"""Programs that print without end: the page stays usable, Ctrl-C works, and no byte is lost."""

from __future__ import annotations

import os
import re
import time

import pytest
from playwright.sync_api import Page

from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]

FULL = os.environ.get("PLAYGROUND_FULL") == "1"
MEGABYTES = 200 if FULL else 20

#: How long the page's own thread was held up at worst, in milliseconds, over two seconds.
_WORST_PAUSE = """async () => {
    let worst = 0, last = performance.now();
    const ends = last + 2000;
    while (last < ends) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        const now = performance.now();
        worst = Math.max(worst, now - last);
        last = now;
    }
    return worst;
}"""

#: Gathers what arrives, in the page, before the screen gets it.
_GATHER = """() => {
    const view = window.playground.terminal;
    const output = view.connection.on.output;
    window.gathered = [];
    view.connection.on.output = (bytes, parsed) => {
        window.gathered.push(bytes.slice());
        output(bytes, parsed);
    };
}"""
_LAST = """() => window.gathered.slice(-8)
    .map((bytes) => new TextDecoder("latin1").decode(bytes)).join("")"""
_DIGEST = """async ([begin, end]) => {
    const bytes = new Uint8Array(await new Blob(window.gathered).arrayBuffer());
    const decoder = new TextDecoder("latin1");
    const start = decoder.decode(bytes.subarray(0, 4096)).indexOf(begin) + begin.length;
    const tail = bytes.length - 4096;
    const stop = Math.max(0, tail) + decoder.decode(bytes.subarray(Math.max(0, tail))).indexOf(end);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.subarray(start, stop)));
    const hex = Array.from(hash, (b) => b.toString(16).padStart(2, "0")).join("");
    return [hex, stop - start];
}"""


@pytest.mark.parametrize(
    "command", ["yes", "cat /dev/zero", "base64 /dev/urandom", "while :; do ls -lR /; done"]
)
def test_the_page_stays_responsive_and_ctrl_c_stops_it(page: Page, command: str) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    # What the page is held up by anyway, on this machine and now.
    calm = page.evaluate(_WORST_PAUSE)
    terminal.keys(f"{command}\n")
    page.wait_for_timeout(1000)
    worst = page.evaluate(_WORST_PAUSE)
    assert worst < max(500, 4 * calm), "the page's thread was held up"
    # Measured in the page: from the key to a prompt that has been drawn.
    took = page.evaluate(
        """async (prompt) => {
            const view = window.playground.terminal, buffer = view.terminal.buffer.active;
            const started = performance.now();
            view.type("\\x03");
            while (performance.now() - started < 20000) {
                const line = buffer.getLine(buffer.baseY + buffer.cursorY);
                if (new RegExp(prompt).test(line?.translateToString(true) ?? "")) break;
                await new Promise((resolve) => setTimeout(resolve, 2));
            }
            return performance.now() - started;
        }""",
        "root@docker-host:\\S*# ?$",
    )
    # 200 ms on a quiet machine (docs/testing.md has the figures); tests share theirs with others.
    assert took < 2000
    assert terminal.run("echo al''ive") == "alive"


def test_every_byte_arrives(page: Page) -> None:
    terminal = TerminalPage(page)
    terminal.open()
    said = terminal.run(
        f"base64 -w 99 /dev/urandom | head -c {MEGABYTES}000000 > /root/big; sha256sum /root/big",
        seconds=120,
    )
    wanted = re.search(r"[0-9a-f]{64}", said)
    assert wanted
    page.evaluate(_GATHER)
    started = time.monotonic()
    # Without the terminal's own carriage returns the bytes are the file's.
    terminal.keys("stty -onlcr; printf '<be''gin>'; cat /root/big; printf '<e''nd>'; stty onlcr\n")
    for _ in range(6000):
        if "<end>" in terminal.page.evaluate(_LAST):  # the prompt may be in pieces of its own
            break
        page.wait_for_timeout(100)
    took = time.monotonic() - started
    digest, size = page.evaluate(_DIGEST, ["<begin>", "<end>"])
    print(f"{MEGABYTES} MB in {took:.1f} s")
    assert size == MEGABYTES * 1_000_000
    assert digest == wanted[0]
    terminal.wait_for(PROMPT)
