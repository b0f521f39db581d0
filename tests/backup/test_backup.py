"""Backups in databases of their own, through the commands, as an operator has them."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.runtime.config import PROJECT_ROOT
from tests.deploy.postgresql import postgresql

_FILL = """
from playground.accounts.models import *
from playground.sandboxes.models import Sandbox
from lessons.models import *
from django.contrib.sessions.models import Session
from django.utils import timezone
from allauth.socialaccount.models import SocialAccount
user = User.objects.create_user("미나", "mina@example.org", "a whale", role="instructor")
user.groups.create(name="beta")
data = {"a": [1, None, "é"], "n": 1.5, "deep": {"t": True}}
SocialAccount.objects.create(user=user, provider="github", uid="1", extra_data=data)
AuditEntry.objects.create(actor=user, name="미나", action="x", detail=data)
now = timezone.now()
for n in range(1200):
    StepProgress.objects.create(student=user.student, lesson="images", step=str(n), done=now)
Sandbox.objects.create(owner=user.student, state="ready")
Session.objects.create(session_key="k" * 32, session_data="d", expire_date=timezone.now())
"""
_LOOK = """
import json
from django.core import serializers
from django.apps import apps
rows = []
for model in apps.get_models(include_auto_created=True):
    found = serializers.serialize("python", model._base_manager.order_by("pk"))
    rows += [json.dumps(each, sort_keys=True, default=str) for each in found]
print("ROWS" + json.dumps(rows))
"""


class Site:
    """The commands of one site, with a database and folders of its own."""

    def __init__(self, var: Path, url: str = "") -> None:
        self.var = var
        self.environ = {**os.environ, "PLAYGROUND_VAR": str(var), "PLAYGROUND_DATABASE_URL": url}
        (var / "db").mkdir(parents=True)

    def manage(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=PROJECT_ROOT, env=self.environ, capture_output=True, text=True,
        )  # fmt: skip

    def rows(self) -> list[str]:
        said = self.manage("shell", "-c", _LOOK)
        assert said.returncode == 0, said.stderr[-2000:]
        found: list[str] = json.loads(said.stdout.split("ROWS", 1)[1])
        return found


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("filled") / "var")
    assert site.manage("migrate").returncode == 0
    done = site.manage("shell", "-c", _FILL)
    assert done.returncode == 0, done.stderr[-2000:]
    (site.var / "secret").write_text("of the first site")
    (site.var / "images" / "mine").mkdir(parents=True)
    (site.var / "images" / "mine" / "image.toml").write_text("name = 'mine'")
    return site


@pytest.fixture(scope="module")
def backup(filled: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("backup") / "site.tar.gz"
    said = filled.manage("backup", file)
    assert said.returncode == 0, said.stderr[-2000:]
    assert file.stat().st_mode & 0o777 == 0o600
    return file


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql() as url:
        yield url


def test_what_goes_out_comes_back_the_same(filled: Site, backup: Path, tmp_path: Path) -> None:
    other = Site(tmp_path / "var")
    said = other.manage("restore", backup)
    assert said.returncode == 0, said.stderr[-2000:]
    assert other.rows() == filled.rows()
    assert len(other.rows()) > 1200
    assert (other.var / "secret").read_text() == "of the first site"
    assert (other.var / "images" / "mine" / "image.toml").exists()
    again = other.manage("restore", backup)
    assert "not empty" in again.stderr


def test_sqlite_moves_to_postgresql_and_a_backup_of_that_back(
    filled: Site, server: str, tmp_path: Path
) -> None:
    said = filled.manage("move_database", server)
    assert said.returncode == 0, said.stderr[-2000:]
    assert "not empty" in filled.manage("move_database", server).stderr
    moved = Site(tmp_path / "moved" / "var", server)
    assert moved.manage("migrate", "--check").returncode == 0
    before = filled.rows()
    assert moved.rows() == before
    # Ids go on after those that were copied.
    added = moved.manage(
        "shell",
        "-c",
        _FILL.replace("미나", "준")
        .replace("beta", "gamma")
        .replace('uid="1"', 'uid="2"')
        .replace('"k" * 32', '"l" * 32'),
    )
    assert added.returncode == 0, added.stderr[-2000:]
    file = tmp_path / "moved.tar.gz"
    assert moved.manage("backup", file).returncode == 0
    back = Site(tmp_path / "back" / "var")
    said = back.manage("restore", file)
    assert said.returncode == 0, said.stderr[-2000:]
    assert back.rows() == moved.rows() != before


def test_a_backup_of_an_earlier_version_is_migrated_forward(filled: Site, tmp_path: Path) -> None:
    """The first migrations stand for an earlier version: there is no release yet."""
    older = Site(tmp_path / "older" / "var")
    older.manage("migrate", "sandboxes", "0001")
    older.manage("migrate", "lessons", "0001")
    with sqlite3.connect(older.var / "db" / "db.sqlite3") as db:
        names = [row[1] for row in db.execute("PRAGMA table_info(sandboxes_sandbox)")]
        values = {"id": "s-old", "owner": "them", "state": "ready", "error": ""}
        row = [values.get(name, "2026-01-02 03:04:05") for name in names]
        db.execute(f"INSERT INTO sandboxes_sandbox VALUES ({','.join('?' * len(row))})", row)
    db.close()
    file = tmp_path / "older.tar.gz"
    said = older.manage("backup", file)
    assert said.returncode == 0, said.stderr[-2000:]
    newer = Site(tmp_path / "newer" / "var")
    said = newer.manage("restore", file)
    assert said.returncode == 0, said.stderr[-2000:]
    assert newer.manage("migrate", "--check").returncode == 0
    assert any("s-old" in each for each in newer.rows())


def test_what_is_no_backup_is_said(backup: Path, tmp_path: Path) -> None:
    site = Site(tmp_path / "var")
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("no backup")
    cut = tmp_path / "cut"
    cut.write_bytes(backup.read_bytes()[:3000])
    newer = tmp_path / "newer"
    with tarfile.open(backup) as old, tarfile.open(newer, "w:gz") as tar:
        text = old.extractfile("manifest.json").read()  # type: ignore[union-attr]
        (tmp_path / "manifest.json").write_bytes(text.replace(b"0001_accounts", b"0099_future"))
        tar.add(tmp_path / "manifest.json", "manifest.json")
        (tmp_path / "rows").touch()
        tar.add(tmp_path / "rows", "rows.jsonl")
    for file, words in ((nonsense, "is no backup"), (cut, "backup"), (newer, "newer version")):
        said = site.manage("restore", file)
        assert said.returncode == 1, said.stdout
        assert words in said.stderr
        assert "Traceback" not in said.stderr
    assert "there already" in site.manage("backup", backup).stderr


def test_nothing_is_written_elsewhere(backup: Path, tmp_path: Path) -> None:
    for name in ("../outside", "var/../../outside", "/etc/outside", "var/run/hub.sock"):
        site = Site(tmp_path / name.replace("/", "_") / "var")
        bad = site.var.parent / "bad.tar.gz"
        with tarfile.open(backup) as old, tarfile.open(bad, "w:gz") as tar:
            for kept in ("manifest.json", "rows.jsonl"):
                tar.addfile(old.getmember(kept), old.extractfile(kept))
            tar.addfile(tarfile.TarInfo(name))
        said = site.manage("restore", bad)
        assert "does not belong" in said.stderr
        assert not (site.var.parent / "outside").exists()


def test_without_its_server_the_site_says_so(tmp_path: Path) -> None:
    site = Site(tmp_path / "var", "postgres://playground:x@127.0.0.1:9/none")
    said = site.manage("prepare_database")
    assert said.returncode == 1
    assert "PLAYGROUND_DATABASE_URL" in said.stderr
    assert "Traceback" not in said.stderr
