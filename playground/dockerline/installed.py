"""The installed Docker CLI, asked for its help. It runs without an engine."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

_PLUGINS = "usr/libexec/docker/cli-plugins"
#: Where the CLI is told its home is, and where students' is.
_HOME = "/root"


class NoDocker(Exception):
    """The CLI is not there, or does not run on this machine."""


def help_of(rootfs: Path, path: Sequence[str], seconds: float = 20.0) -> str:
    """Return what ``docker PATH --help`` prints, by the CLI in a root file system.

    Its own program runs as it is, on the machine's C library, so that no rights are needed.
    Raises ``NoDocker``.
    """
    with tempfile.TemporaryDirectory(prefix="docker-help-") as home:
        settings = Path(home) / ".docker" / "config.json"
        settings.parent.mkdir()
        settings.write_text(json.dumps({"cliPluginsExtraDirs": [str(rootfs / _PLUGINS)]}))
        try:
            done = subprocess.run(
                [rootfs / "usr/bin/docker", *path, "--help"],
                env={"HOME": home, "PATH": "/usr/bin:/bin"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise NoDocker(f"docker {' '.join(path)} --help: {error}") from None
    if done.returncode != 0:
        raise NoDocker(f"docker {' '.join(path)} --help: {done.stderr.strip()[:300]}")
    return done.stdout.replace(home, _HOME)
