"""How many files a process may have open."""

from __future__ import annotations

import resource

_ENOUGH = 1 << 16


def raise_limit() -> int:
    """Have as many as may be, within reason, and return how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return most
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most
