"""Shells outlive the hub that opened them: real sandboxes, and hubs that come and go."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from playground.hub import shim_link
from playground.hub.shell import open_shell, take_over
from playground.hub.shim_link import CODE_UNKNOWN
from playground.hub.terminal import Terminal
from playground.runtime.errors import SandboxError
from playground.runtime.node import Node
from playground.runtime.sandbox import Sandbox
from tests.hub.support import type_in
from tests.support import wait_until

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def sandbox(node: Node) -> Iterator[Sandbox]:
    sandbox = node.create()
    yield sandbox
    sandbox.remove()


async def _said(terminal: Terminal, text: bytes, seconds: float = 20) -> bytes:
    for _ in range(int(seconds / 0.02)):
        whole = terminal.ring.read(terminal.ring.start, 1 << 20)
        if text in whole:
            return whole
        await asyncio.sleep(0.02)
    raise AssertionError(f"{text!r} did not come: {whole[-500:]!r}")


async def _open(sandbox: Sandbox, name: str) -> tuple[shim_link.ShimLink, Terminal]:
    link = await shim_link.connect(sandbox) or await shim_link.start(sandbox)
    return link, Terminal(name, await open_shell(sandbox, link, name, 80, 24))


async def _leave(link: shim_link.ShimLink, terminal: Terminal, seconds: float) -> None:
    """What a hub does that stops, and the time until the next one is there."""
    terminal.release()
    link.close()
    await asyncio.sleep(seconds)


async def _again(sandbox: Sandbox) -> tuple[shim_link.ShimLink, dict[str, Terminal]]:
    """What the next hub does."""
    link = await shim_link.connect(sandbox)
    assert link
    kept = await link.kept()
    return link, {each.name: Terminal(each.name, take_over(link, each)) for each in kept}


async def test_program_output_and_size_are_there_for_the_next_hub(sandbox: Sandbox) -> None:
    link, terminal = await _open(sandbox, "main")
    await type_in(terminal, b"read word; echo got''-$word; stty size; sleep 1; echo while''-away\n")
    await type_in(terminal, b"before\n")
    seen = await _said(terminal, b"got-before")
    await _leave(link, terminal, 1.5)
    link, terminals = await _again(sandbox)
    terminal = terminals["main"]
    whole = await _said(terminal, b"while-away")
    assert whole.startswith(seen[-200:]) or seen in whole
    assert b"24 80" in whole
    assert terminal.size == (80, 24)
    await type_in(terminal, b"echo st''ill\n")
    await _said(terminal, b"still")
    await type_in(terminal, b"exit 7\n")
    assert await link.exit_code("main") == 7
    await link.drop("main")
    assert await link.kept() == []
    link.close()


async def test_a_shell_that_ended_meanwhile_has_its_last_words_and_code(sandbox: Sandbox) -> None:
    link, terminal = await _open(sandbox, "short")
    await type_in(terminal, b"sleep 0.5; echo last''-words; exit 4\n")
    await _said(terminal, b"last''-words")
    await _leave(link, terminal, 1.2)
    link, terminals = await _again(sandbox)
    await _said(terminals["short"], b"last-words")
    for _ in range(200):
        if terminals["short"].exit_code is not None:
            break
        await asyncio.sleep(0.02)
    assert terminals["short"].exit_code == 4
    await link.drop("short")
    link.close()


async def test_a_program_that_prints_on_loses_nothing(sandbox: Sandbox) -> None:
    link, terminal = await _open(sandbox, "printer")
    await type_in(terminal, b"for i in $(seq 20000); do echo line-$i.; done; echo all''-out\n")
    await _said(terminal, b"line-100.")
    await _leave(link, terminal, 0.3)
    link, terminals = await _again(sandbox)
    whole = await _said(terminals["printer"], b"all-out")
    lines = [int(n) for n in re.findall(rb"line-(\d+)\.\r\n", whole)]
    assert lines[-1] == 20000
    assert lines[1:] == list(range(lines[1], 20001))
    terminals["printer"].close()
    await link.drop("printer")
    link.close()


async def test_dropping_hangs_up(sandbox: Sandbox) -> None:
    link, terminal = await _open(sandbox, "dropped")
    pid = terminal._process.pid
    await link.drop("dropped")
    terminal.close()
    await asyncio.to_thread(wait_until, lambda: not Path(f"/proc/{pid}").exists())
    link.close()


async def test_names_are_taken_once_and_unknown_ones_refused(sandbox: Sandbox) -> None:
    link, terminal = await _open(sandbox, "one")
    with pytest.raises(SandboxError, match="already"):
        await open_shell(sandbox, link, "one", 80, 24)
    with pytest.raises(SandboxError):
        await link._ask({"op": "keep", "name": "nobody"}, [os.dup(0), os.dup(0)])
    with pytest.raises(SandboxError):
        await link._ask({"op": "nonsense"})
    with pytest.raises(SandboxError):
        await link._ask({"op": "finish"})
    assert [each.name for each in await link.kept()] == ["one"]  # it took no harm
    await link.drop("one")
    terminal.close()
    link.close()


async def test_a_sandbox_that_cannot_start_a_shell_says_why(node: Node) -> None:
    sandbox = node.create()
    try:
        link = await shim_link.start(sandbox)
        assert sandbox.run(["mv", "/bin/bash", "/bin/hidden"]).returncode == 0
        # crun may hand the terminal over before it notices; then the shell ends at once.
        said = ""
        try:
            pty = await open_shell(sandbox, link, "main", 80, 24)
        except SandboxError as error:
            said = str(error)
        if said:
            assert "No shell could be started" in said
        else:
            terminal = Terminal("main", pty)
            assert await asyncio.wait_for(link.exit_code("main"), 20) != 0
            await link.drop("main")
            terminal.close()
        assert await link.kept() == []
        link.close()
    finally:
        sandbox.remove()


async def test_the_shim_ends_with_its_sandbox_and_is_no_child_of_the_hub(node: Node) -> None:
    sandbox = node.create()
    link, terminal = await _open(sandbox, "main")
    shim = next(
        int(status.parent.name)
        for status in Path("/proc").glob("[0-9]*/cmdline")
        if _runs_shim(status, sandbox)
    )
    parent = Path(f"/proc/{shim}/stat").read_text().rpartition(")")[2].split()[1]
    assert int(parent) != os.getpid()
    assert b"PLAYGROUND" not in Path(f"/proc/{shim}/environ").read_bytes()
    sandbox.remove()
    await asyncio.to_thread(wait_until, lambda: not Path(f"/proc/{shim}").exists())
    for _ in range(100):
        if terminal.exit_code is not None:
            break
        await asyncio.sleep(0.05)
    assert terminal.exit_code is not None
    assert await shim_link.connect(sandbox) is None
    assert link.closed


def _runs_shim(cmdline: Path, sandbox: Sandbox) -> bool:
    with suppress(OSError):
        words = cmdline.read_bytes().split(b"\0")
        return (
            any(w.endswith(b"shim.py") for w in words) and str(sandbox.directory).encode() in words
        )
    return False


async def test_a_killed_shim_ends_its_shells_and_no_others(node: Node) -> None:
    sandbox, other = node.create(), node.create()
    try:
        link, terminal = await _open(sandbox, "main")
        other_link, other_terminal = await _open(other, "main")
        for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
            if _runs_shim(cmdline, sandbox):
                os.kill(int(cmdline.parent.name), signal.SIGKILL)
        for _ in range(200):
            if link.closed:
                break
            await asyncio.sleep(0.02)
        assert await link.exit_code("main") == CODE_UNKNOWN
        terminal.close()
        again, fresh = await _open(sandbox, "main")
        await type_in(fresh, b"echo fr''esh\n")
        await _said(fresh, b"fresh")
        await type_in(other_terminal, b"echo un''touched\n")
        await _said(other_terminal, b"untouched")
        for each in (fresh, other_terminal):
            each.release()
        again.close()
        other_link.close()
    finally:
        sandbox.remove()
        other.remove()


async def test_no_signal_is_ignored_in_a_shell(sandbox: Sandbox) -> None:
    """What the shim or its caller ignores would make Ctrl-C useless inside."""
    link, terminal = await _open(sandbox, "signals")
    await type_in(terminal, b"cat /proc/self/status; echo do''ne\n")
    whole = await _said(terminal, b"done\r\n")
    ignored = re.search(rb"SigIgn:\s*([0-9a-f]+)", whole)
    assert ignored
    # SIGHUP, SIGINT and SIGQUIT are 1, 2 and 3 (signal(7)).
    assert int(ignored[1], 16) & 0b111 == 0
    await link.drop("signals")
    terminal.close()
    link.close()
