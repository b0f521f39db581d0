"""Layers and image archives made in the test, honest and otherwise."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import zstandard

from playground.layers import entries, tarfiles
from playground.layers.entries import Layer

#: How instructions begin that make no layer.
_SETTINGS = ("ENV ", "CMD ", "EXPOSE ", "USER ")
#: A layer's members by path: text is a file, ``None`` a folder, a pair a kind with its target.
Members = Mapping[str, "str | bytes | tuple[bytes, str] | None"]


class Bytes:
    """Bytes as a source of the tar reader's."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def skip(self, size: int) -> None:
        self._file.seek(size, 1)


def tar(members: Members, mtime: int = 1000, mode: int = 0o644, uid: int = 0) -> bytes:
    """A layer's archive. Names are as tar has them, whiteouts and all."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, what in members.items():
            info = tarfile.TarInfo(name)
            info.mtime, info.mode, info.uid = mtime, mode, uid
            data = b""
            if what is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(what, tuple):
                info.type, info.linkname = what
            else:
                data = what.encode() if isinstance(what, str) else what
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def layer(members: Members, **facts: int) -> Layer:
    """A layer as its archive is read."""
    found = Layer()
    for entry in tarfiles.read(Bytes(tar(members, **facts))):
        real = entries.tar_entry(entry)
        if real is not None and not found.add(real):
            break
    return found


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def config(diff_ids: Sequence[str], steps: Sequence[str] = ()) -> bytes:
    history = [
        {"created_by": step, "created": "2026-01-02T03:04:05.678Z"}
        | ({"empty_layer": True} if step.startswith(_SETTINGS) else {})
        for step in steps
    ]
    return json.dumps(
        {"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": list(diff_ids)},
         "history": history}
    ).encode()  # fmt: skip


def pack(members: Mapping[str, bytes]) -> bytes:
    """A tar of an archive's own files."""
    return tar(dict(members))


def docker(layers: Sequence[bytes], steps: Sequence[str] = (), name: str = "mine:latest") -> bytes:
    """An archive as ``docker save`` writes it."""
    said = config([digest(each) for each in layers], steps)
    files = {f"{number}/layer.tar": data for number, data in enumerate(layers)}
    listed = [{"Config": "config.json", "RepoTags": [name], "Layers": list(files)}]
    return pack({**files, "config.json": said, "manifest.json": json.dumps(listed).encode()})


def oci(
    layers: Sequence[bytes], packing: str = "gzip", steps: Sequence[str] = (), **change: Any
) -> bytes:
    """An OCI image layout in a tar, its layers packed; ``change`` replaces blobs by their names."""
    packed = [_packed(each, packing) for each in layers]
    said = config([digest(each) for each in layers], steps)
    manifest = json.dumps(
        {"config": {"digest": digest(said)}, "layers": [{"digest": digest(p)} for p in packed]}
    ).encode()
    blobs = {f"blobs/{digest(each).replace(':', '/')}": each for each in (*packed, said, manifest)}
    index = json.dumps({"manifests": [{"digest": digest(manifest)}]}).encode()
    return pack({**blobs, "index.json": index, "oci-layout": b"{}", **change})


def _packed(data: bytes, packing: str) -> bytes:
    if packing == "gzip":
        return gzip.compress(data, mtime=0)
    return zstandard.compress(data) if packing == "zstd" else data


def written(folder: Path, data: bytes) -> Path:
    """A file of those bytes."""
    path = folder / "archive.tar"
    path.write_bytes(data)
    return path
