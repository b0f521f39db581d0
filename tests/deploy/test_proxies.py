"""The example configurations of Caddy and nginx, with the real programs, TLS and a browser."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bench.site import free_port
from playground.runtime.config import PROJECT_ROOT
from tests.deploy.packages import unpacked
from tests.site.conftest import start_site
from tests.site.terminal_page import PROMPT, TerminalPage

pytestmark = [pytest.mark.sandbox, pytest.mark.site]
_SIZE = "async () => (await (await fetch('/large')).arrayBuffer()).byteLength"
NAME, PORTS = "learn.localhost", "ports.localhost"


@contextmanager
def running(command: Sequence[str | Path], folder: Path, **variables: str) -> Iterator[None]:
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *command],
            env={**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), **variables},
            stdout=log, stderr=log, cwd=folder,
        )  # fmt: skip
    try:
        time.sleep(0.5)
        assert process.poll() is None, (folder / "proxy.log").read_text()
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def caddy(folder: Path, port: int, web: str) -> Iterator[None]:
    own = folder / "Caddyfile"
    # What a machine with a public name does not need: no port 80, no root certificate installed.
    own.write_text(
        "{\n admin off\n auto_https disable_redirects\n skip_install_trust\n}\n"
        f"import {PROJECT_ROOT}/deploy/caddy/Caddyfile\n"
    )
    binary = unpacked("caddy") / "usr/bin/caddy"
    command: list[str | Path] = [binary, "run", "--config", own, "--adapter", "caddyfile"]
    variables = {
        "PLAYGROUND_NAME": f"{NAME}:{port}",
        "PLAYGROUND_PORTS": f"{PORTS}:{port}",
        "PLAYGROUND_TLS": "tls internal",
        "PLAYGROUND_WEB": web,
    }
    with running(command, folder, **variables):
        yield


@contextmanager
def nginx(folder: Path, port: int, web: str) -> Iterator[None]:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", f"/CN={NAME}",
         "-addext", f"subjectAltName=DNS:{NAME},DNS:*.{PORTS}"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    text = (PROJECT_ROOT / "deploy" / "nginx" / "docker-playground.conf").read_text()
    for old, new in (
        ("server_name NAME *.PORTS", f"server_name {NAME} *.{PORTS}"),
        ("ssl_certificate CERTIFICATE", f"ssl_certificate {folder}/cert.pem"),
        ("ssl_certificate_key KEY", f"ssl_certificate_key {folder}/key.pem"),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("127.0.0.1:8000", web),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "site.conf").write_text(text)
    places = "".join(
        f"{each}_temp_path {folder}/{each};"
        for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {places} include {folder}/site.conf; }}\n"
    )
    binary = unpacked("nginx") / "usr/sbin/nginx"
    folder.chmod(0o755)
    with running([binary, "-e", "stderr", "-c", folder / "nginx.conf", "-p", folder], folder):
        yield


@pytest.mark.parametrize("proxy", [caddy, nginx])
def test_terminals_uploads_and_ports_behind_a_proxy(
    proxy: object, fit_machine: None, browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    own = tmp_path / "proxy"
    own.mkdir()
    site = start_site(
        tmp_path / "var",
        PLAYGROUND_HTTPS="1",
        PLAYGROUND_HOSTS=f"{NAME},127.0.0.1",
        PLAYGROUND_ORIGINS=f"https://{NAME}:{port}",
        PLAYGROUND_PORT_DOMAIN=PORTS,
    )
    try:
        with proxy(own, port, site.address):  # type: ignore[operator]
            context = browser.new_context(
                base_url=f"https://{NAME}:{port}", ignore_https_errors=True
            )
            page = context.new_page()
            page.goto("/playground/")
            terminal = TerminalPage(page)
            terminal.wait_for(PROMPT)
            cookies = {each["name"]: each for each in context.cookies()}
            assert cookies["__Host-sessionid"]["secure"]
            terminal.run("docker run -d --name web -p 8080:80 nginx")
            terminal.run("docker exec web sh -c 'head -c 30000000 /dev/zero > "
                         "/usr/share/nginx/html/large'")  # fmt: skip
            form = page.locator("form.language")
            form.locator("button").click()  # a form with its token, and back to the page
            page.wait_for_load_state()
            assert page.locator("html").get_attribute("lang") == "ko"
            page.goto("/ports/8080/")
            assert re.match(rf"https://8080--[^.]+\.{re.escape(PORTS)}:{port}/", page.url)
            assert "nginx" in page.content()
            assert page.evaluate(_SIZE) == 30_000_000
            context.close()
    finally:
        site.stop()
