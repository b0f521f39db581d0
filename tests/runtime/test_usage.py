from __future__ import annotations

import pytest

from playground.runtime.usage import usage
from tests.support import Host, wait_until

pytestmark = pytest.mark.sandbox


def test_says_what_is_used_of_what_is_allowed(host: Host) -> None:
    before = usage(host.sandbox)
    assert before.memory[1] == host.sandbox.record.limits.memory_mb << 20
    assert before.cpu[1] == host.sandbox.record.limits.cpu_seconds
    assert before.processes[1] == host.sandbox.record.limits.pids
    host.sh("head -c 200M /dev/zero > /root/big; sleep 60 >/dev/null 2>&1 & sync; true")
    after = usage(host.sandbox)
    assert after.disk[0] - before.disk[0] >= 200 << 20
    assert after.disk[1] == before.disk[1]
    assert after.inodes[0] > before.inodes[0]
    assert after.processes[0] > before.processes[0]
    # The file's pages are cache, which no program has to be ended for.
    assert after.memory[0] - before.memory[0] < 100 << 20
    host.sh("rm /root/big")


def test_memory_that_is_needed_counts(host: Host) -> None:
    before = usage(host.sandbox).memory[0]
    host.sh(
        "docker run -d --rm --name hog python "
        "python3 -c 'import time; x = bytearray(300 << 20); time.sleep(60)'"
    )
    try:
        wait_until(lambda: usage(host.sandbox).memory[0] - before > 300 << 20)
    finally:
        host.try_sh("docker rm -f hog")
    wait_until(lambda: usage(host.sandbox).memory[0] - before < 100 << 20)
