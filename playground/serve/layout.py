"""Where a running playground has its things below ``var/``, and who owns them."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playground import environment
from playground.runtime.config import PROJECT_ROOT, RuntimeConfig
from playground.runtime.errors import SandboxError

#: Linux's sockaddr_un has room for 107 bytes and a zero (unix(7)).
_MAX_SOCKET_PATH = 107

#: The user and group of the processes without rights. The number stands in no file and lies just
#: below the sandboxes' range, so it owns nothing that this playground did not make.
WEB_ID = 0x40000000 - 1


@dataclass(frozen=True)
class Layout:
    """The folders and files of one playground."""

    var: Path

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> Layout:
        """Read ``PLAYGROUND_VAR``; the default lies in the checkout."""
        return cls(Path(environ.get("PLAYGROUND_VAR", PROJECT_ROOT / "var")).resolve())

    @property
    def run(self) -> Path:
        """What only means something while processes run; written by root alone."""
        return self.var / "run"

    @property
    def metrics(self) -> Path:
        """What processes count, below it one folder of root's and one of the web user's."""
        return self.run / "metrics"

    @property
    def secret(self) -> Path:
        """The key that signs sessions and tickets."""
        return self.var / "secret"

    @property
    def hub_socket(self) -> Path:
        """The hub's gateway."""
        return self.run / "hub.sock"

    @property
    def ports_socket(self) -> Path:
        """Where the hub takes streams to sandboxes' ports."""
        return self.run / "ports.sock"

    @property
    def database(self) -> Path:
        """SQLite's file; where the site uses PostgreSQL it is not there."""
        return self.var / "db" / "db.sqlite3"

    @property
    def redis(self) -> Path:
        """Redis's own folder: its socket, process id and data."""
        return self.var / "redis"

    @property
    def redis_socket(self) -> Path:
        """The private Redis's socket."""
        return self.redis / "redis.sock"

    @property
    def redis_pid(self) -> Path:
        """The file with the private Redis's process id."""
        return self.redis / "redis.pid"

    def prepare(self, environ: Mapping[str, str] = os.environ) -> None:
        """Make what is missing and hand it to the right owner; raises ``SandboxError``.

        What root writes lies in folders that only root can write: in another's folder a file could
        be a link to any file of the machine by the next start.
        """
        if len(os.fsencode(self.redis_socket)) > _MAX_SOCKET_PATH:
            raise SandboxError(
                f"{self.redis_socket} is too long a path for a unix socket",
                "Set PLAYGROUND_VAR to a folder with a shorter path",
            )
        for folder in (self.var, self.run):
            folder.mkdir(parents=True, exist_ok=True)
            os.chown(folder, 0, WEB_ID)
            folder.chmod(0o750)
        for folder in (self.metrics, self.metrics / "root"):
            folder.mkdir(exist_ok=True)
            os.chown(folder, 0, WEB_ID, follow_symlinks=False)
            folder.chmod(0o750)
        web = self.metrics / "web"
        web.mkdir(exist_ok=True)
        os.chown(web, WEB_ID, WEB_ID, follow_symlinks=False)
        # Root's, and read by the site: which catalogue new sandboxes get.
        (self.var / "catalogue").mkdir(exist_ok=True)
        for folder in (self.var / "db", self.redis, self.var / "home", self.var / "archives"):
            folder.mkdir(exist_ok=True)
            os.chown(folder, WEB_ID, WEB_ID, follow_symlinks=False)
        if (key := self.var / "certificates" / "web.key").exists():
            os.chown(key, 0, WEB_ID)
            key.chmod(0o640)
        self._have_secret(environ)

    def _have_secret(self, environ: Mapping[str, str]) -> None:
        """See to the key: the one that is given, else the one of before, else a new one."""
        try:
            given = environment.secret_key(environ, self.secret)
        except ValueError as error:
            raise SandboxError(str(error), "Mend it and start again") from None
        has = self.secret.read_text().strip() if self.secret.exists() else ""
        if has and given in ("", has):
            return
        scratch = self.secret.with_suffix(".new")
        scratch.write_text((given or secrets.token_hex(32)) + "\n")
        os.chown(scratch, 0, WEB_ID)
        scratch.chmod(0o640)
        scratch.rename(self.secret)

    def clear_run(self) -> None:
        """Remove what only means something while processes run."""
        shutil.rmtree(self.run, ignore_errors=True)

    def environ(self, config: RuntimeConfig) -> dict[str, str]:
        """The variables by which all processes find each other."""
        return {
            "PLAYGROUND_VAR": str(self.var),
            "PLAYGROUND_STATE": str(config.state_dir),
            "PLAYGROUND_CACHE": str(config.cache_dir),
            "PLAYGROUND_SECRET_FILE": str(self.secret),
            "PLAYGROUND_CERTIFICATES": str(self.var / "certificates"),
            "PLAYGROUND_WEB_GID": str(WEB_ID),
            "PLAYGROUND_SERVE": str(self.var),
            "PROMETHEUS_MULTIPROC_DIR": str(self.metrics / "root"),
            "PLAYGROUND_HUB_SOCKET": str(self.hub_socket),
            "PLAYGROUND_PORTS_SOCKET": str(self.ports_socket),
            "PLAYGROUND_REDIS_SOCKET": str(self.redis_socket),
            "DJANGO_SETTINGS_MODULE": "playground.settings",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
