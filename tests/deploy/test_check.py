"""``check --deploy``: nothing to say of a deployment, and a word for each thing that is not one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from playground.runtime.config import PROJECT_ROOT

#: A deployment as docs/deployment.md has it.
_DEPLOYED = {
    "PLAYGROUND_HTTPS": "1",
    "PLAYGROUND_HOSTS": "learn.example.org",
    "PLAYGROUND_ORIGINS": "https://learn.example.org",
    "PLAYGROUND_PORT_DOMAIN": "ports.example.net",
    "PLAYGROUND_SECRET": "0123456789abcdef" * 4,
    "PLAYGROUND_DATABASE_URL": "postgres://playground:word@db.example.org/playground",
    "PLAYGROUND_REDIS_URL": "rediss://:word@redis.example.org/0",
    "PLAYGROUND_EMAIL_URL": "smtp://site:word@mail.example.org:587/?tls=True",
}


def check(var: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    mine = {k: v for k, v in os.environ.items() if not k.startswith("PLAYGROUND_")}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=PROJECT_ROOT,
        env={**mine, **_DEPLOYED, "PLAYGROUND_VAR": str(var), **variables},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    "more",
    [{}, {"PLAYGROUND_HSTS_SECONDS": "31536000", "PLAYGROUND_HSTS_SUBDOMAINS": "1"}],
    ids=["as documented", "strict"],
)
def test_it_has_nothing_to_say_of_a_deployment(tmp_path: Path, more: dict[str, str]) -> None:
    done = check(tmp_path, **more)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("System check identified no issues")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PLAYGROUND_DEBUG": "1"}, ["security.W018"]),
        ({"PLAYGROUND_HTTPS": "0"}, ["W004", "W008", "W012", "W016"]),
        ({"PLAYGROUND_HSTS_SECONDS": "0"}, ["W004"]),
        ({"PLAYGROUND_HTTPS_REDIRECT": "0"}, ["W008"]),
        ({"PLAYGROUND_SECRET": "a" * 64}, ["W009"]),
        ({"PLAYGROUND_HOSTS": ","}, ["W020"]),
        ({"PLAYGROUND_REDIS_URL": "redis://redis.example.org/0"}, ["deploy.W001", "REDIS_URL"]),
        ({"PLAYGROUND_HOSTS": "*"}, ["deploy.W002"]),
        ({"PLAYGROUND_PORT_DOMAIN": "localhost"}, ["deploy.W003"]),
        ({"PLAYGROUND_ORIGINS": "http://learn.example.org"}, ["deploy.W004"]),
    ],
)
def test_it_names_what_is_not_for_others(
    tmp_path: Path, variables: dict[str, str], said: list[str]
) -> None:
    done = check(tmp_path, **variables)
    assert done.returncode == 1
    for each in said:
        assert each in done.stderr


def test_pages_asked_for_without_tls_are_asked_for_again_with_it(tmp_path: Path) -> None:
    script = (
        "from django.test import Client; c = Client(headers={'host': 'learn.example.org'}); "
        "r = c.get('/healthz-not', secure=False); print(r.status_code, r['Location']); "
        "r = c.get('/nothing-there', secure=True); print(r.status_code, "
        "r['Strict-Transport-Security'])"
    )
    env = {**os.environ, **_DEPLOYED, "PLAYGROUND_VAR": str(tmp_path)}
    for name in ("DATABASE", "REDIS"):
        del env[f"PLAYGROUND_{name}_URL"]
    (tmp_path / "db").mkdir()
    for command in (["migrate", "-v0"], ["shell", "-v0", "-c", script]):
        done = subprocess.run(
            [sys.executable, "manage.py", *command], cwd=PROJECT_ROOT, env=env,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    lines = done.stdout.split("\n")
    assert lines[:2] == ["301 https://learn.example.org/healthz-not", "404 max-age=3600"]
