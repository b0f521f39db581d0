"""A page that was away for long, as a laptop that slept, misses nothing of what is kept."""

from __future__ import annotations

import asyncio
import os
import re

import pytest

from bench.student import Student
from tests.site.conftest import Site

pytestmark = [pytest.mark.sandbox, pytest.mark.site]

AWAY = 300 if os.environ.get("PLAYGROUND_FULL") == "1" else 10


async def test_what_was_printed_meanwhile_is_shown_exactly(site: Site) -> None:
    student = Student(site.url.removeprefix("http://"))
    await student.open()
    try:
        await student.expect("docker-host[^\n]*# ")
        await student.type("i=0; while :; do i=$((i+1)); echo line-$i.; sleep 0.05; done\n")
        await student.expect(r"line-20\.")
        await student.close()  # without a word to the shell
        await asyncio.sleep(AWAY)
        seen = student.position
        student.use(student.cookie)
        await student.expect(r"line-\d+\.", since=seen)
        await asyncio.sleep(1)
        await student.type("\x03")
        await student.expect("docker-host[^\n]*# ", since=seen)
        lines = [int(n) for n in re.findall(rb"line-(\d+)\.", bytes(student.output))]
        assert lines == list(range(1, len(lines) + 1))
        assert len(lines) > AWAY * 10
        assert (student.shells, student.gaps) == (1, 0)
    finally:
        await student.close()


async def test_more_than_is_kept_begins_anew_and_ends_the_same(site: Site) -> None:
    student = Student(site.url.removeprefix("http://"))
    await student.open()
    try:
        await student.expect("docker-host[^\n]*# ")
        await student.type("sleep 1; seq 1 200000; echo all''-printed\n")
        await student.close()
        await asyncio.sleep(6)
        student.use(student.cookie)
        await student.expect("all-printed")
        # What is kept may begin within a number.
        whole = bytes(student.output).partition(b"\n")[2]
        numbers = [int(n) for n in re.findall(rb"^(\d+)\r$", whole, re.MULTILINE)]
        assert numbers[-1] == 200000
        assert numbers == list(range(numbers[0], 200001))
        assert student.start > 0
    finally:
        await student.close()
