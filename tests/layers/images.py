"""Images with one peculiarity each, and archives of them as ``docker save`` writes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from playground.runtime.private_mounts import leave_machine_mounts
from tests.support import Host

_FILL = "dd if=/dev/urandom bs=1000 2>/dev/null"

#: Instructions after ``FROM busybox``.
BUILT = {
    "whiteout": [f"{_FILL} count=70 of=/a", "rm /a"],
    "folder-removed": [
        f"mkdir -p /d/e/f; {_FILL} count=30 of=/d/one; {_FILL} count=40 of=/d/e/f/two",
        "rm -r /d",
    ],
    "folder-of-two-layers": [
        f"mkdir /d; {_FILL} count=10 of=/d/one",
        f"{_FILL} count=20 of=/d/two; rm /d/one",
        "rm -r /d",
    ],
    "opaque": [
        f"mkdir /d; {_FILL} count=30 of=/d/one; {_FILL} count=5 of=/d/two",
        f"rm -rf /d; mkdir /d; {_FILL} count=6 of=/d/two",
        "rm -r /d",
    ],
    "hard-links": [
        f"{_FILL} count=50 of=/h1; ln /h1 /h2; ln /h1 /h0",
        "echo more >> /h1",
        "rm /h0",
    ],
    "chmod-only": [f"{_FILL} count=80 of=/a; chmod 600 /a", "chmod 755 /a", "chown 5:6 /a"],
    "symlinks": [
        f"mkdir /d; {_FILL} count=9 of=/d/x; ln -s d /l; ln -s ../../etc/passwd /d/out",
        "rm /l; ln -s elsewhere /l; rm /d/out; echo text > /d/out",
        "rm -r /d; ln -s / /d",
    ],
    "five-times": [f"{_FILL} count={n} of=/same" for n in (10, 30, 20, 50, 40)],
    "back-again": [f"{_FILL} count=60 of=/a", "rm /a", f"{_FILL} count=7 of=/a", "rm /a"],
    "folder-to-file": [
        f"mkdir -p /d/e; {_FILL} count=11 of=/d/e/x",
        "rm -r /d; echo file > /d",
        "rm /d",
    ],
    "odd-names": [
        f"cd /; mkdir '+x' ' a b' 한글; {_FILL} count=3 of='/+x/y'; echo 1 > ' a b/c'; "
        "echo 2 > 한글/글; echo 3 > $(printf '\\377\\376'); echo 4 > .hidden",
        "cd /; rm -r '+x'; rm .hidden; rm -r 한글; echo 5 > $(printf '\\377\\376')",
    ],
    "base-changed": ["rm -r /etc; mkdir /etc; echo root::0:0::/: > /etc/passwd", "rm /bin/vi"],
}
CATALOGUE = (
    "debian", "busybox", "hello-world", "mariadb", "nginx", "python", "redis", "webapp", "jenkins",
)  # fmt: skip


def build(host: Host, name: str) -> None:
    """Build one of :data:`BUILT` in a student's host, ``RUN`` by ``RUN``."""
    lines = ["FROM busybox", *(f"RUN {step}" for step in BUILT[name])]
    text = "\n".join(lines)
    host.sh(f"docker build -q -t built/{name} - <<'END'\n{text}\nEND", seconds=300)


def save(host: Host, name: str, target: Path) -> Path:
    """``docker save`` an image to a file of the machine's."""
    with target.open("wb") as file:
        subprocess.run(
            host.sandbox.exec_command(["docker", "save", name]),
            stdout=file,
            check=True,
            preexec_fn=leave_machine_mounts,
            timeout=120,
        )
    return target
