"""What the doctor says of nodes with names; nothing where there is one machine."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from playground.hub import certificates
from playground.runtime.doctor import Finding
from playground.sandboxes.models import NodeRecord
from playground.sandboxes.nodes import LOCAL


def examine() -> list[Finding]:
    """Certificates of this machine; nodes that are lost, or differ in catalogue or version."""
    found = [_certificate(each) for each in sorted(settings.CERTIFICATES_DIR.glob("*.pem"))]
    name = settings.NODE
    if settings.NODE_GATEWAY and not (settings.CERTIFICATES_DIR / f"{name}.key").exists():
        found.append(
            Finding(
                "certificates", "error", f"no {name}.key in {settings.CERTIFICATES_DIR}",
                f"./manage.py certificates {name}, where ca.key is, and copy it here",
            )
        )  # fmt: skip
    if settings.NODE_GATEWAY and name == LOCAL:
        found.append(Finding("node", "error", "it has an address and no name", "PLAYGROUND_NODE"))
    if not settings.DATABASE_URL:  # several machines cannot share a file of SQLite's
        return found
    try:
        nodes = list(NodeRecord.objects.order_by("name"))
    except DatabaseError:  # not made yet
        return found
    for node in nodes:
        lost = node.state == NodeRecord.State.LOST
        found.append(
            Finding(
                f"node {node.name}",
                "warning" if lost else "ok",
                f"{node.state}, {node.sandboxes} sandboxes, room for {node.places}",
                f"start it, or ./manage.py node forget {node.name}" if lost else "",
            )
        )
    for what in ("catalogue", "version"):
        differing = {getattr(each, what) for each in nodes if each.state != NodeRecord.State.LOST}
        if len(differing) > 1:
            said = ", ".join(f"{each.name} {getattr(each, what)[:12] or 'none'}" for each in nodes)
            mend = "drain, upgrade, and take back one node after the other"
            found.append(Finding(f"nodes' {what}", "warning", said, mend))
    return found


def _certificate(path: Path) -> Finding:
    name = f"certificate {path.stem}"
    try:
        days = certificates.days_left(path)
    except (OSError, ValueError) as error:
        return Finding(name, "error", str(error), f"./manage.py certificates {path.stem}")
    late = days < certificates.WARN_DAYS
    return Finding(
        name,
        "warning" if late else "ok",
        f"{days} days left",
        f"./manage.py certificates {path.stem}",
    )
