"""``make run`` on a machine that has nothing: from the checkout to a student's container."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from playground.runtime.config import RuntimeConfig
from tests.vm import machine

FULL = os.environ.get("PLAYGROUND_FULL") == "1"

#: The student is the benchmarks' own, who needs no more than the site's libraries.
_STUDENT = """
import asyncio, sys
from bench.student import Student

async def main():
    student = Student("127.0.0.1:8000")
    await student.open()
    await student.expect("docker-host[^\\n]*# ", seconds=300)
    await student.type("docker run --rm busybox echo from''-nothing\\n")
    await student.expect("from-nothing", seconds=300)
    print("a container has run")
    await student.close()

asyncio.run(main())
"""
_SCRIPT = f"""
cat > /tmp/student.py <<'END'
{_STUDENT}
END
uname -r; stat -f -c 'cgroup: %T' /sys/fs/cgroup; command -v python3 crun docker redis-server
cp -r /code /root/playground && cd /root/playground && umount /code
networkctl 2>/dev/null; date
start=$(date +%s)
make run > /tmp/run.log 2>&1 &
until grep -q 'serving on' /tmp/run.log; do
    kill -0 $! 2>/dev/null || {{ tail -n 40 /tmp/run.log; exit 1; }}
    sleep 2
done
grep -v '%' /tmp/run.log | tail -n 30
echo "served after $(($(date +%s) - start)) s"
PYTHONPATH=. .venv/bin/python /tmp/student.py || {{ tail -n 60 /tmp/run.log; exit 1; }}
make stop
systemctl list-units 'docker-playground*' --no-legend
ls /sys/fs/cgroup/system.slice | grep docker-playground && exit 1
start=$(date +%s)
make run > /tmp/again.log 2>&1 &
until grep -q 'serving on' /tmp/again.log; do sleep 0.2; done
echo "served again after $(($(date +%s) - start)) s"
make stop
"""


@pytest.mark.vm
@pytest.mark.sandbox
@pytest.mark.skipif(not FULL, reason="takes most of an hour in an emulated machine: make test-vm")
def test_from_nothing_to_a_container(fit_machine: None, tmp_path: Path) -> None:
    code, console = machine.run(RuntimeConfig.from_environ(), _SCRIPT, tmp_path, untouched=True)
    print(console[-8000:])
    assert "cgroup: cgroup2fs" in console
    assert code == 0
    assert "a container has run" in console
    again = re.search(r"served again after (\d+) s", console)
    assert again
