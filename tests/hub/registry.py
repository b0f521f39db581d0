"""A registry with one image of three layers, for the image ``python``: none can be reached.

``python3 registry.py SECONDS`` waits so long after each 50 kB. The layers are random bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import json
import os
import sys
import tarfile
import time

_PIECE = 50_000
_KIND = "application/vnd.docker"


def _layer(name: str, size: int) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = size
        archive.addfile(member, io.BytesIO(os.urandom(size)))
    return packed.getvalue()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _described(kind: str, content: bytes) -> dict[str, object]:
    media = f"{_KIND}.{kind}"
    return {"mediaType": media, "size": len(content), "digest": _digest(content)}


_RAW = [_layer(f"f{size}", size) for size in (600_000, 200_000, 1_500_000)]
_CONFIG = json.dumps(
    {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": ["true"]},
        "rootfs": {"type": "layers", "diff_ids": [_digest(raw) for raw in _RAW]},
        "history": [{"created_by": f"COPY part{number} /"} for number in range(len(_RAW))],
    }
).encode()
_PACKED = [gzip.compress(raw, 1) for raw in _RAW]
_MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": f"{_KIND}.distribution.manifest.v2+json",
        "config": _described("container.image.v1+json", _CONFIG)
        | {"mediaType": "application/vnd.docker.container.image.v1+json"},
        "layers": [_described("image.rootfs.diff.tar.gzip", packed) for packed in _PACKED],
    }
).encode()
_BLOBS = {_digest(each): each for each in (_CONFIG, *_PACKED)}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        content, kind = b"{}", "application/json"
        if "/manifests/" in self.path:
            content, kind = _MANIFEST, f"{_KIND}.distribution.manifest.v2+json"
        elif "/blobs/" in self.path:
            content, kind = _BLOBS[self.path.rpartition("/")[2]], "application/octet-stream"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Docker-Content-Digest", _digest(content))
        self.end_headers()
        for start in range(0, len(content) if body else 0, _PIECE):
            self.wfile.write(content[start : start + _PIECE])
            time.sleep(float(sys.argv[1]) if len(content) > _PIECE else 0)


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("", 5000), _Handler).serve_forever()
