"""Where a running playground has its things below ``var/``, and who owns them."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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
        """Sockets and the like, gone when nothing runs."""
        return self.var / "run"

    @property
    def secret(self) -> Path:
        """The key that signs sessions and tickets."""
        return self.var / "secret"

    @property
    def redis_socket(self) -> Path:
        """The private Redis's socket."""
        return self.run / "redis.sock"

    @property
    def redis_pid(self) -> Path:
        """The file with the private Redis's process id."""
        return self.run / "redis.pid"

    @property
    def hub_socket(self) -> Path:
        """The hub's gateway."""
        return self.run / "hub.sock"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.var / "db.sqlite3"

    def prepare(self) -> None:
        """Make what is missing and hand it to the right owner; raises ``SandboxError``."""
        if len(os.fsencode(self.redis_socket)) > _MAX_SOCKET_PATH:
            raise SandboxError(
                f"{self.redis_socket} is too long a path for a unix socket",
                "Set PLAYGROUND_VAR to a folder with a shorter path",
            )
        for folder in (
            self.var,
            self.run,
            self.var / "redis",
            self.var / "home",
            self.var / "static",
        ):
            folder.mkdir(parents=True, exist_ok=True)
            os.chown(folder, WEB_ID, WEB_ID)
            folder.chmod(0o750)
        if not self.secret.exists():
            scratch = self.secret.with_suffix(".new")
            scratch.write_text(secrets.token_hex(32) + "\n")
            os.chown(scratch, 0, WEB_ID)
            scratch.chmod(0o640)
            scratch.rename(self.secret)

    def own_database(self) -> None:
        """Give the database, made by root, to the processes without rights."""
        for path in self.var.glob("db.sqlite3*"):
            os.chown(path, WEB_ID, WEB_ID)
            path.chmod(0o640)

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
            "PLAYGROUND_WEB_GID": str(WEB_ID),
            "PLAYGROUND_SERVE": str(self.var),
            "PLAYGROUND_HUB_SOCKET": str(self.hub_socket),
            "PLAYGROUND_REDIS_SOCKET": str(self.redis_socket),
            "DJANGO_SETTINGS_MODULE": "playground.settings",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
