"""Settings by environment, and secrets by file: ``NAME_FILE`` names what holds ``NAME``."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

#: Variables whose values are secret, or hold one. Any of them can be given by a file, as Docker,
#: Kubernetes and systemd (``LoadCredential``) hand out secrets. ``PLAYGROUND_SECRET`` is not among
#: them: processes want a file in any case, see :mod:`playground.serve.layout`.
SECRETS = (
    "PLAYGROUND_DATABASE_URL",
    "PLAYGROUND_REDIS_URL",
    "PLAYGROUND_BROKER_URL",
    "PLAYGROUND_CACHE_URL",
    "PLAYGROUND_EMAIL_URL",
    "PLAYGROUND_METRICS_TOKEN",
    "PLAYGROUND_GITHUB_SECRET",
    "PLAYGROUND_GOOGLE_SECRET",
    "PLAYGROUND_OIDC_SECRET",
)

#: What Django's own check asks of a key (security.W009).
_KEY_LENGTH = 50


def with_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with the secrets' files read, and without the names of those files.

    Whoever passes it on to processes that may not read the files passes on what is in them.
    Raises ``ValueError`` that names the variable if a file cannot be read, is empty, or if both
    the secret and a file of it are given.
    """
    found = dict(environ)
    for name in SECRETS:
        given = found.pop(f"{name}_FILE", "")
        if not given:
            continue
        if found.get(name):
            raise ValueError(f"{name} and {name}_FILE are both set: keep one of them")
        found[name] = read(f"{name}_FILE", Path(given))
    return found


def take_secrets(environ: MutableMapping[str, str]) -> None:
    """Put what the files hold in the files' place; raises ``ValueError``.

    For the process that may read them (root) and starts others that may not.
    """
    found = with_secrets(environ)
    for name in set(environ) - set(found):
        del environ[name]
    environ.update(found)


def secret_key(environ: Mapping[str, str], own: Path) -> str:
    """The key that ``PLAYGROUND_SECRET`` or a file of it gives, for several machines to share.

    Empty where the machine has its own, in the file ``own``. Raises ``ValueError``.
    """
    key = environ.get("PLAYGROUND_SECRET", "").strip()
    file = Path(environ.get("PLAYGROUND_SECRET_FILE") or own)
    if not key and file != own:
        key = read("PLAYGROUND_SECRET_FILE", file)
    if key and len(key) < _KEY_LENGTH:
        raise ValueError(
            f"PLAYGROUND_SECRET has {len(key)} characters, and {_KEY_LENGTH} are the least: "
            "`openssl rand -hex 32` makes one"
        )
    return key


def read(name: str, file: Path) -> str:
    """What a secret's file holds, without its last line's end; raises ``ValueError``."""
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is no text"
        raise ValueError(f"{name}={file}: {why}") from None
    if not text:
        raise ValueError(f"{name}={file}: the file is empty")
    return text


class Environment(UserDict[str, str]):
    """The environment with the secrets' files read, for settings."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Read the files; raises ``ImproperlyConfigured``."""
        try:
            super().__init__(with_secrets(environ))
        except ValueError as error:
            raise ImproperlyConfigured(str(error)) from None

    def flag(self, name: str, default: bool = False) -> bool:
        """Whether something is on: 1, true, yes and on say so."""
        return self.get(name, str(int(default))).lower() in {"1", "true", "yes", "on"}

    def number(self, name: str, default: int) -> int:
        """A whole number; raises ``ImproperlyConfigured``."""
        text = self.get(name, str(default))
        try:
            return int(text)
        except ValueError:
            raise ImproperlyConfigured(f"{name}={text!r} is not a whole number") from None

    def words(self, name: str, default: str = "") -> list[str]:
        """What stands between commas, without what is empty."""
        return [each.strip() for each in self.get(name, default).split(",") if each.strip()]
