"""What a lesson does to a host itself: its set-up, and files that it brings."""

from __future__ import annotations

from playground.runtime.errors import SandboxError
from playground.runtime.sandbox import Sandbox

_SECONDS = 60.0
#: Once for each host and lesson: a student who comes back keeps what they made of it.
_ONCE = """
mark=/var/lib/playground/lessons/$1
[ ! -e "$mark" ] || exit 0
mkdir -p /var/lib/playground/lessons
sh -ec "$2" && : > "$mark"
"""
_PUT = 'mkdir -p -- "$(dirname -- "$1")" && cat > "$1"'


def prepare(sandbox: Sandbox, name: str, script: str) -> None:
    """Run a lesson's set-up, if this host has not seen it; raises ``SandboxError``."""
    # The inner one ends what runs inside; the outer one holds whatever `timeout` is there.
    inside = ["timeout", "-k", "1", f"{_SECONDS:.0f}", "sh", "-c", _ONCE, "sh", name, script]
    done = sandbox.run(inside, seconds=_SECONDS + 3)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-300:]
        raise SandboxError(f"The set-up of {name} ended with {done.returncode}: {said}")


def put_file(sandbox: Sandbox, path: str, text: str) -> None:
    """Put a file of a lesson onto the host; raises ``SandboxError``."""
    done = sandbox.run(["sh", "-c", _PUT, "sh", path], stdin=text.encode(), seconds=20)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-200:]
        raise SandboxError(f"{path} could not be written: {said}")
