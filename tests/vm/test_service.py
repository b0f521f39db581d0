"""The service's unit under a real systemd: a restart refuses nobody."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from playground.runtime.config import RuntimeConfig
from tests.vm import machine

FULL = os.environ.get("PLAYGROUND_FULL") == "1"

#: Asks without a pause, and says what came of it when a file appears.
_VISITOR = """
import collections, os, time, urllib.error, urllib.request
came, longest = collections.Counter(), 0.0
while not os.path.exists("/tmp/enough"):
    began = time.monotonic()
    try:
        with urllib.request.urlopen("http://127.0.0.1:8000/healthz", timeout=600) as page:
            came[page.status] += 1
    except urllib.error.HTTPError as error:
        came[error.code] += 1
    except OSError as error:
        came[repr(error)] += 1
    longest = max(longest, time.monotonic() - began)
    time.sleep(0.1)
print("came:", dict(came), f"the longest {longest:.0f} s")
"""
#: The web process alone: the rest takes an hour to set up in an emulated machine, and has no part
#: in it. Everything else of the unit is as it is.
_SCRIPT = f"""
cat > /tmp/visitor.py <<'END'
{_VISITOR}
END
cp deploy/systemd/docker-playground.service /etc/systemd/system/
mkdir -p /etc/systemd/system/docker-playground.service.d /etc/docker-playground
echo 'PLAYGROUND_ROLES=web' > /etc/docker-playground/environment
cat > /etc/systemd/system/docker-playground.service.d/places.conf <<'END'
[Service]
WorkingDirectory=/code
ExecStart=
ExecStart=/venv/bin/python -m playground.serve
END
up() {{ /venv/bin/python -c "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=600)"; }}
systemctl daemon-reload
systemctl start docker-playground
for i in $(seq 60); do up 2>/dev/null && break; sleep 5; done
up || {{ journalctl -u docker-playground --no-pager | tail -n 40; exit 1; }}
/venv/bin/python /tmp/visitor.py > /tmp/came 2>&1 &
for turn in 1 2; do
    before=$(systemctl show -p MainPID --value docker-playground)
    systemctl restart docker-playground
    after=$(systemctl show -p MainPID --value docker-playground)
    up
    echo "restarted: $before, $after, kept: $(systemctl show -p NFileDescriptorStore --value docker-playground)"
done
touch /tmp/enough; wait
cat /tmp/came
systemctl stop docker-playground
echo "stopped: $(systemctl is-active docker-playground)"
"""


@pytest.mark.vm
@pytest.mark.skipif(not FULL, reason="ten minutes in an emulated machine: make test-vm")
def test_a_restart_by_systemd_refuses_nobody(tmp_path: Path) -> None:
    code, console = machine.run(RuntimeConfig.from_environ(), _SCRIPT, tmp_path)
    print(console[-6000:])
    assert code == 0
    restarts = re.findall(r"restarted: (\d+), (\d+), kept: (\d+)", console)
    assert len(restarts) == 2
    assert all(before != after and kept == "1" for before, after, kept in restarts)
    came = re.search(r"came: \{200: (\d+)\} the longest", console)  # nothing but 200
    assert came
    assert int(came[1]) > 10
    assert "stopped: inactive" in console
