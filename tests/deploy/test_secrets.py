"""Secrets by file as well as by environment."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from playground import environment
from playground.environment import SECRETS, with_secrets
from playground.runtime.errors import SandboxError
from playground.serve.layout import WEB_ID, Layout

KEY = "0123456789" * 5


@pytest.mark.parametrize("name", SECRETS)
def test_each_can_be_in_a_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "it").write_text("word\n")
    given = {f"{name}_FILE": str(tmp_path / "it"), "OTHER": "x"}
    assert with_secrets(given) == {name: "word", "OTHER": "x"}


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    name, file = "PLAYGROUND_METRICS_TOKEN", tmp_path / "it"
    with pytest.raises(ValueError, match=r"METRICS_TOKEN_FILE=.*: No such file"):
        with_secrets({f"{name}_FILE": str(file)})
    file.write_text(" \n")
    with pytest.raises(ValueError, match="the file is empty"):
        with_secrets({f"{name}_FILE": str(file)})
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="is no text"):
        with_secrets({f"{name}_FILE": str(file)})
    with pytest.raises(ValueError, match="are both set"):
        with_secrets({f"{name}_FILE": str(file), name: "x"})


def test_processes_without_rights_get_what_is_in_the_files(tmp_path: Path) -> None:
    (tmp_path / "it").write_text("word")
    environ = {"PLAYGROUND_EMAIL_URL_FILE": str(tmp_path / "it")}
    environment.take_secrets(environ)
    environment.take_secrets(environ)  # the start starts itself over
    assert environ == {"PLAYGROUND_EMAIL_URL": "word"}


def test_a_key_that_machines_share_replaces_the_own_one(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "var")
    layout.prepare({})
    first = layout.secret.read_text()
    layout.prepare({})
    assert layout.secret.read_text() == first
    layout.prepare({"PLAYGROUND_SECRET": KEY})
    assert layout.secret.read_text().strip() == KEY
    (tmp_path / "key").write_text(KEY[::-1])
    (tmp_path / "key").chmod(0o400)
    layout.prepare({"PLAYGROUND_SECRET_FILE": str(tmp_path / "key")})
    assert layout.secret.read_text().strip() == KEY[::-1]
    layout.prepare({"PLAYGROUND_SECRET_FILE": str(layout.secret)})
    assert layout.secret.read_text().strip() == KEY[::-1]
    found = os.stat(layout.secret)
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (0, WEB_ID, 0o640)


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="has 5 characters, and 50 are the least"):
        Layout(tmp_path / "var").prepare({"PLAYGROUND_SECRET": "short"})
