"""A sandbox's budget of processor time: once it is used up, the sandbox goes on, slowly.

What was used is kept beside the sandbox's disk and goes on counting where a disk is started again:
each run of a sandbox has groups, and counters, of its own.
"""

from __future__ import annotations

import json
import secrets
from contextlib import suppress

from playground.runtime.errors import SandboxError
from playground.runtime.sandbox import Sandbox

_FILE = "cpu-seconds"


def used_seconds(sandbox: Sandbox) -> float:
    """Processor seconds that the sandbox has used, earlier runs of its disk included.

    Raises ``OSError`` if it has gone.
    """
    return _before(sandbox) + sandbox.group.cpu_seconds()


def is_used_up(sandbox: Sandbox) -> bool:
    """Whether the budget is spent; never without one. Raises ``OSError`` if it has gone."""
    budget = sandbox.record.limits.cpu_seconds
    return budget > 0 and used_seconds(sandbox) >= budget


def enforce(sandbox: Sandbox) -> bool:
    """Keep what was used, and slow a sandbox down whose budget is spent; say whether it is.

    Does no harm when repeated. Raises ``OSError`` if the sandbox has gone and ``SandboxError`` if
    it cannot be slowed down.
    """
    _keep(sandbox)
    if not is_used_up(sandbox):
        return False
    slow(sandbox)
    return True


def slow(sandbox: Sandbox) -> None:
    """Leave the sandbox its small share of a processor; raises ``OSError``, ``SandboxError``."""
    group, share = sandbox.group, sandbox.record.limits.slow_cpus
    if group.cpus() <= share:
        return
    try:
        group.set_cpus(share)
    except OSError:
        # On cgroup v1 no group below may be allowed more than this one (`docker run --cpus`), and
        # those below are the student's to write at any time: nobody does while all is frozen.
        _slow_frozen(sandbox, share)


def _slow_frozen(sandbox: Sandbox, share: float) -> None:
    group = sandbox.group
    was_frozen = group.is_frozen()
    group.set_frozen(True)
    try:
        group.lift_cpus_below()
        group.set_cpus(share)
    except OSError as error:
        raise SandboxError(f"Sandbox {sandbox.id} could not be slowed down: {error}") from error
    finally:
        if not was_frozen:
            group.set_frozen(False)


def _run(sandbox: Sandbox) -> str:
    """A name of this run: another process, or another boot, counts from zero."""
    record = sandbox.record
    return f"{record.boot_id}:{record.pid}:{record.pid_started}"


def _kept(sandbox: Sandbox) -> tuple[str, float, float]:
    """The run that was noted last, what earlier ones had used, and what it had."""
    with suppress(OSError, ValueError, KeyError):
        kept = json.loads((sandbox.directory / _FILE).read_text())
        return kept["run"], float(kept["before"]), float(kept["now"])
    return "", 0.0, 0.0


def _before(sandbox: Sandbox) -> float:
    """Seconds of all earlier runs."""
    run, before, now = _kept(sandbox)
    return before if run == _run(sandbox) else before + now


def _keep(sandbox: Sandbox) -> None:
    kept = {
        "run": _run(sandbox),
        "before": _before(sandbox),
        "now": sandbox.group.cpu_seconds(),
    }
    scratch = sandbox.directory / f"{_FILE}.{secrets.token_hex(4)}"
    scratch.write_text(json.dumps(kept))
    scratch.replace(sandbox.directory / _FILE)
