"""The same code on PostgreSQL."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from playground.runtime.config import PROJECT_ROOT
from tests.deploy.postgresql import postgresql
from tests.site.conftest import start_site
from tests.site.terminal_page import PROMPT, TerminalPage

FULL = os.environ.get("PLAYGROUND_FULL") == "1"

#: Six workers at once, then six students in two tabs each. SQLite lets one writer in at all.
_RACE = """
import threading
from django.conf import settings
from django.db import connection
from playground.sandboxes import claims, pool, tasks
from playground.sandboxes.models import Sandbox
settings.POOL_MIN = settings.POOL_MAX = 3
settings.SANDBOXES_PER_ADDRESS = 5
pool.has_memory = lambda: True
for name in ("create", "refill"):
    getattr(tasks, name).delay = lambda *given: None
refused = []

def race(acts):
    start = threading.Barrier(len(acts))
    def run(act):
        start.wait()
        try:
            act()
        except claims.NetworkIsFull:
            refused.append(1)
        finally:
            connection.close()
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

settings.SANDBOXES_MAX = 2
race([pool.wish] * 6)
print("POOL", pool.wishes().count())
settings.SANDBOXES_MAX = 0
race([lambda n=n: claims.claim(f"student-{n // 2}", "192.0.2.7") for n in range(12)])
mine = Sandbox.objects.exclude(owner__startswith="pool:").exclude(owner="")
print("OWNERS", mine.values("owner").distinct().count(), mine.count(), len(refused))
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgresql() as url:
        yield url


def run(url: str, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=PROJECT_ROOT,
        env={**os.environ, "PLAYGROUND_DATABASE_URL": url},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_the_tests_of_the_database_pass(url: str) -> None:
    chosen = ["tests/sandboxes/test_claims.py", "tests/sandboxes/test_line.py"]
    if FULL:
        chosen = ["tests/sandboxes", "tests/accounts", "tests/operators", "tests/archives"]
    said = run(url, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen)
    passed = re.search(r"(\d+) passed", said)
    assert passed
    assert int(passed[1]) >= 15


def test_what_counts_and_then_adds_does_not_run_beside_itself(url: str) -> None:
    run(url, "manage.py", "migrate")
    said = run(url, "manage.py", "shell", "-c", _RACE)
    owners = re.search(r"OWNERS (\d+) (\d+) (\d+)", said)
    assert owners, said
    students, rows, refused = (int(each) for each in owners.groups())
    assert students == rows == 5  # one each, and the network's five places
    assert refused == 2  # both tabs of the sixth
    wished = re.search(r"POOL (\d+)", said)
    assert wished
    assert wished[1] == "2"


@pytest.mark.sandbox
@pytest.mark.site
def test_the_whole_site_runs_on_it(fit_machine: None, browser: Browser, tmp_path: Path) -> None:
    with postgresql() as url:
        site = start_site(tmp_path / "var", PLAYGROUND_DATABASE_URL=url)
        try:
            assert not (tmp_path / "var" / "db" / "db.sqlite3").exists()
            context = browser.new_context(base_url=site.url)
            page = context.new_page()
            page.goto("/playground/")
            terminal = TerminalPage(page)
            terminal.wait_for(PROMPT)
            assert "on postgresql" in terminal.run("docker run --rm busybox echo on postgresql")
            context.close()
        finally:
            site.stop()
