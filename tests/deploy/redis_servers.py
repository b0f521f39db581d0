"""Real Redis servers with TLS, and sentinels that watch them, on loopback."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.site import free_port
from playground.serve.processes import redis_binary

PASSWORD, SENTINEL_PASSWORD, NAME = "of the/test", "of the sentinels", "playground"
_QUOTED = "of%20the%2Ftest"


def certificates(folder: Path) -> Path:
    """Make an authority and a server's certificate for 127.0.0.1; the authority's file."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    ours = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=IP:127.0.0.1"]
    for name, more in (("ca", []), ("server", ours)):
        subprocess.run(
            ["openssl", "req", "-x509", *key, "-keyout", f"{name}.key", "-out", f"{name}.pem",
             "-subj", f"/CN={name} of the test", *more],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
    return folder / "ca.pem"


@dataclass
class Servers:
    """What runs, and how the site is told of it."""

    url: str
    by_port: dict[int, subprocess.Popen[bytes]]
    folder: Path

    def ask(self, port: int, *words: str, password: str = PASSWORD) -> str:
        client = self.folder / "redis-cli"
        if not client.exists():
            client.symlink_to("/usr/bin/redis-cli")
        return subprocess.run(
            [client, "--tls", "--cacert", self.folder / "ca.pem", "-p", str(port),
             "--no-auth-warning", "-a", password, *words],
            capture_output=True, text=True, timeout=10,
        ).stdout.strip()  # fmt: skip

    def kill(self, port: int) -> None:
        self.by_port[port].kill()
        self.by_port[port].wait()


@contextmanager
def one(folder: Path) -> Iterator[Servers]:
    """One server that speaks nothing but TLS."""
    authority, port = certificates(folder), free_port()
    with ExitStack() as stack:
        url = f"rediss://:{_QUOTED}@127.0.0.1:{port}/3?ssl_ca_certs={authority}"
        servers = Servers(url, {port: _server(stack, folder, port)}, folder)
        _wait(servers, port, PASSWORD)
        yield servers


@contextmanager
def watched(folder: Path) -> Iterator[Servers]:
    """A master, a replica and three sentinels, all of them by TLS."""
    authority = certificates(folder)
    ports = [free_port() for _ in range(5)]
    master, replica, *sentinels = ports
    hosts = ",".join(f"127.0.0.1:{port}" for port in sentinels)
    url = (
        f"rediss+sentinel://:{_QUOTED}@{hosts}/{NAME}/3?ssl_ca_certs={authority}"
        f"&sentinel_password={SENTINEL_PASSWORD.replace(' ', '+')}"
    )
    with ExitStack() as stack:
        servers = Servers(url, {}, folder)
        servers.by_port[master] = _server(stack, folder, master)
        servers.by_port[replica] = _server(
            stack, folder, replica, "--replicaof", f"127.0.0.1 {master}"
        )
        for port in ports[:2]:
            _wait(servers, port, PASSWORD)
        for port in sentinels:
            servers.by_port[port] = _sentinel(stack, folder, port, master)
        for port in sentinels:
            _wait(servers, port, SENTINEL_PASSWORD)
        _wait_until_they_know(servers, sentinels)
        yield servers


def master_of(servers: Servers) -> int:
    """The port of the server that the sentinels call the master."""
    for port in servers.by_port:
        words = ("sentinel", "get-master-addr-by-name", NAME)
        said = servers.ask(port, *words, password=SENTINEL_PASSWORD).split()
        if len(said) == 2 and said[1].isdigit():
            return int(said[1])
    raise AssertionError("no sentinel knows")


def _tls(folder: Path) -> dict[str, str]:
    return {
        "tls-cert-file": str(folder / "server.pem"),
        "tls-key-file": str(folder / "server.key"),
        "tls-ca-cert-file": str(folder / "ca.pem"),
        "tls-auth-clients": "no",
        "tls-replication": "yes",
    }


def _server(stack: ExitStack, folder: Path, port: int, *more: str) -> subprocess.Popen[bytes]:
    given = {
        "port": "0", "tls-port": str(port), "bind": "127.0.0.1", "save": "", "dir": str(folder),
        "requirepass": PASSWORD, "masterauth": PASSWORD, "repl-diskless-sync-delay": "0",
        **_tls(folder),
    }  # fmt: skip
    words = [word for key, value in given.items() for word in (f"--{key}", value)]
    return _run(stack, folder, "redis-server", str(port), *words, *more)


def _sentinel(stack: ExitStack, folder: Path, port: int, master: int) -> subprocess.Popen[bytes]:
    settings = folder / f"sentinel-{port}.conf"
    lines = [
        "port 0", f"tls-port {port}", "bind 127.0.0.1", f'requirepass "{SENTINEL_PASSWORD}"',
        *(f"{key} {value}" for key, value in _tls(folder).items()),
        f"sentinel monitor {NAME} 127.0.0.1 {master} 2",
        f'sentinel auth-pass {NAME} "{PASSWORD}"',
        f'sentinel sentinel-pass "{SENTINEL_PASSWORD}"',
        f"sentinel down-after-milliseconds {NAME} 1000",
        f"sentinel failover-timeout {NAME} 5000",
    ]  # fmt: skip
    settings.write_text("\n".join(lines) + "\n")
    return _run(stack, folder, "redis-sentinel", str(port), str(settings))


def _run(
    stack: ExitStack, folder: Path, name: str, title: str, *words: str
) -> subprocess.Popen[bytes]:
    link = folder / name
    if not link.is_symlink():
        link.symlink_to(redis_binary())
    args = words if name == "redis-server" else (*words, "--sentinel")
    log = stack.enter_context((folder / f"{name}-{title}.log").open("wb"))
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", link, *args], stdout=log, stderr=log
    )
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def _wait(servers: Servers, port: int, password: str) -> None:
    for _ in range(100):
        if servers.ask(port, "ping", password=password) == "PONG":
            return
        time.sleep(0.05)
    raise AssertionError(_logs(servers))


def _wait_until_they_know(servers: Servers, sentinels: list[int]) -> None:
    """A failover takes a replica and the other sentinels' voices."""
    for _ in range(300):
        said = [
            servers.ask(port, "sentinel", "master", NAME, password=SENTINEL_PASSWORD).split()
            for port in sentinels
        ]
        facts = [dict(zip(each[::2], each[1::2], strict=False)) for each in said]
        if all(
            each.get("num-slaves") == "1" and each.get("num-other-sentinels") == "2"
            for each in facts
        ):
            return
        time.sleep(0.1)
    raise AssertionError(_logs(servers))


def _logs(servers: Servers) -> str:
    return "\n".join(
        f"--- {each.name}\n{each.read_text(errors='replace')[-1500:]}"
        for each in sorted(servers.folder.glob("*.log"))
    )
