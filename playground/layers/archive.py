"""Images in one file: ``docker save``'s archives and OCI image layouts in a tar.

Nothing is unpacked: members are found by their place in the file, layers are read from there, and
what their digests say is checked. The file must not change while it is open, and is a stranger's.
Formats: moby's ``image/tarexport`` (``manifest.json`` and either ``<id>/layer.tar`` or, from Docker
25 on, OCI blobs) and the OCI image layout (``index.json``, nested indexes, ``blobs/sha256/…``).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from playground.layers import documents, entries, image, packed, tarfiles
from playground.layers.documents import digest, mapping, objects, parse, text
from playground.layers.entries import Layer
from playground.layers.errors import BadArchive
from playground.layers.image import Image

_MOST_MEMBERS = 20_000
_MOST_IMAGES = 32
_MOST_NESTED = 4
#: Each piece costs a wait for the interpreter's lock: few and large ones.
_PIECE = 4 << 20
_HASHING = 2
_LIES = "a layer is not what its digest says"


class _Member(NamedTuple):
    at: int
    size: int


@dataclass(frozen=True)
class Blob:
    """Where a layer lies in the archive, and the digest that its packed bytes should have."""

    at: int
    size: int
    digest: str


class Archive:
    """An archive of images; to be closed. Raises :class:`BadArchive` at once if it is none."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._members = self._find_members()
            self._blobs: dict[str, Blob] = {}
            self.images: list[Image] = self._read_images()
        except BaseException:
            os.close(self._fd)
            raise

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read_layer(self, diff_id: str) -> Layer:
        """Read a layer's entries; raises :class:`BadArchive`, also if its digest is another."""
        # A hash needs every byte and the entries few: the one runs beside the other.
        with ThreadPoolExecutor(1) as beside:
            checking = beside.submit(self.check, [diff_id])
            layer = self.read_unchecked(diff_id)
            checking.result()
        return layer

    def read_unchecked(self, diff_id: str) -> Layer:
        """Read a layer's entries before :meth:`check`; raises :class:`BadArchive`.

        A packed layer is checked all the same, as all of it has to be read.
        """
        blob = self._blob(diff_id)
        layer, unpacked = self._read_entries(blob)
        if unpacked not in ("", diff_id):
            raise BadArchive(_LIES, "digest")
        return layer

    def check(self, diff_ids: Sequence[str]) -> None:
        """Raise :class:`BadArchive` unless layers that are not packed have their digests."""
        blobs = [(diff_id, self._blob(diff_id)) for diff_id in diff_ids]
        plain = [(diff_id, blob) for diff_id, blob in blobs if self._kind(blob) == packed.PLAIN]
        with ThreadPoolExecutor(_HASHING) as threads:
            hashes = threads.map(self._hash, [blob for _, blob in plain])
            for (diff_id, blob), found in zip(plain, hashes, strict=True):
                if found != diff_id or blob.digest not in ("", found):
                    raise BadArchive(_LIES, "digest")

    def _read_entries(self, blob: Blob) -> tuple[Layer, str]:
        """A layer's entries, and its digest if it was unpacked for that, else ``""``."""
        layer, kind = Layer(), self._kind(blob)
        if kind == packed.PLAIN:
            _fill(layer, tarfiles.Region(self._fd, blob.at, blob.size))
            return layer, ""
        source = packed.Unpacked(self._fd, blob.at, blob.size, kind)
        _fill(layer, source)
        blob_is, unpacked = source.finish()
        if blob.digest not in ("", blob_is):
            raise BadArchive(_LIES, "digest")
        return layer, unpacked

    def _kind(self, blob: Blob) -> str:
        return packed.kind_of(os.pread(self._fd, 4, blob.at))

    def read_file(self, diff_id: str, at: int, size: int) -> bytes:
        """Bytes of a layer, counted from the start of its (unpacked) archive."""
        blob = self._blob(diff_id)
        kind = self._kind(blob)
        if kind == packed.PLAIN:
            return os.pread(self._fd, max(0, min(size, blob.size - at)), blob.at + at)
        source = packed.Unpacked(self._fd, blob.at, blob.size, kind)
        source.skip(at)
        return source.read(size)

    def _blob(self, diff_id: str) -> Blob:
        if diff_id not in self._blobs:
            raise BadArchive("the archive does not have that layer", "missing")
        return self._blobs[diff_id]

    def _hash(self, blob: Blob) -> str:
        found = hashlib.sha256()
        at, end = blob.at, blob.at + blob.size
        piece = memoryview(bytearray(min(_PIECE, blob.size)))
        while at < end and (length := os.preadv(self._fd, [piece[: end - at]], at)):
            found.update(piece[:length])
            at += length
        return f"sha256:{found.hexdigest()}"

    def _find_members(self) -> dict[str, _Member]:
        if packed.kind_of(os.pread(self._fd, 4, 0)) != packed.PLAIN:
            raise BadArchive("the whole archive is packed: unpack it first", "packed")
        whole = os.fstat(self._fd).st_size
        members: dict[str, _Member] = {}
        links: dict[str, bytes] = {}
        for count, entry in enumerate(tarfiles.read(tarfiles.Region(self._fd, 0, whole))):
            if count >= _MOST_MEMBERS:
                raise BadArchive("an archive of images has too many files")
            name = entry.path.decode(errors="replace")
            if entry.kind == entries.FILE and 0 <= entry.at <= whole - entry.size:
                members[name] = _Member(entry.at, entry.size)
            elif entry.kind in (entries.SYMLINK, entries.HARDLINK):
                # Docker before 25 saves a layer that it has saved already as a link to it.
                base = entries.parent(entry.path) if entry.kind == entries.SYMLINK else b""
                links[name] = entries.clean(base + b"/" + entry.target) or b""
        for name, target in links.items():
            if (found := members.get(target.decode(errors="replace"))) is not None:
                members.setdefault(name, found)
        return members

    def _read(self, name: str, what: str) -> bytes:
        member = self._members.get(name)
        if member is None:
            raise BadArchive(f"the archive has no {what}", "missing")
        if member.size > documents.MOST_BYTES:
            raise BadArchive(f"{what} is too large")
        return os.pread(self._fd, member.size, member.at)

    def _read_images(self) -> list[Image]:
        if "manifest.json" in self._members:
            found = self._docker_images()
        elif "index.json" in self._members:
            index = parse(self._read("index.json", "index.json"), "index.json")
            found = self._oci_images(index, "", _MOST_NESTED)
        else:
            raise BadArchive("neither manifest.json nor index.json is in it", "kind")
        if not found:
            raise BadArchive("no image is in it", "empty")
        return found

    def _docker_images(self) -> list[Image]:
        found = []
        listed = documents.parse_list(self._read("manifest.json", "manifest.json"), "manifest.json")
        for each in objects(listed, _MOST_IMAGES):
            data = self._read(text(each.get("Config")), "config")
            tags = each.get("RepoTags") or []
            names = each.get("Layers") or []
            if not (isinstance(tags, list) and isinstance(names, list)):
                raise BadArchive("manifest.json is not of Docker's shape")
            found.append(self._image(data, [text(tag) for tag in tags], [text(n) for n in names]))
        return found

    def _oci_images(self, index: dict[str, Any], tag: str, depth: int) -> list[Image]:
        """The images of an index and of the indexes in it; attestations are none."""
        if not depth:
            raise BadArchive("indexes are nested too deeply")
        found: list[Image] = []
        for each in objects(index.get("manifests"), _MOST_IMAGES):
            notes = mapping(each.get("annotations"))
            if notes.get("vnd.docker.reference.type") == "attestation-manifest":
                continue
            name = text(
                notes.get("io.containerd.image.name")
                or notes.get("org.opencontainers.image.ref.name")
                or tag,
                300,
            )
            path = _blob_path(digest(each.get("digest")))
            if path not in self._members:
                continue  # an index may name platforms that were not pulled
            document = parse(self._checked(path), "a manifest")
            if "manifests" in document:
                found += self._oci_images(document, name, depth - 1)
            else:
                found.append(self._oci_image(document, name))
            if len(found) >= _MOST_IMAGES:
                break
        return found[:_MOST_IMAGES]

    def _oci_image(self, manifest: dict[str, Any], tag: str) -> Image:
        config = self._checked(_blob_path(digest(mapping(manifest.get("config")).get("digest"))))
        listed = objects(manifest.get("layers"), image.MOST_LAYERS + 1)
        paths = [_blob_path(digest(layer.get("digest"))) for layer in listed]
        return self._image(config, [tag] if tag else [], paths)

    def _image(self, config: bytes, tags: list[str], paths: list[str]) -> Image:
        image_id = f"sha256:{hashlib.sha256(config).hexdigest()}"
        members = [self._members.get(path) for path in paths[: image.MOST_LAYERS + 1]]
        sizes = [member.size if member else -1 for member in members]
        found = image.from_config(image_id, tags, parse(config, "config"), sizes)
        if len(members) != len(found.layers):
            raise BadArchive("an image's config and manifest name different numbers of layers")
        for diff_id, path, member in zip(found.digests, paths, members, strict=True):
            if member:
                expected = path.rpartition("/")[2] if path.startswith("blobs/sha256/") else ""
                blob = Blob(member.at, member.size, f"sha256:{expected}" if expected else "")
                self._blobs.setdefault(diff_id, blob)
        return found

    def _checked(self, path: str) -> bytes:
        data = self._read(path, path)
        if hashlib.sha256(data).hexdigest() != path.rpartition("/")[2]:
            raise BadArchive("a document is not what its digest says", "digest")
        return data


def _blob_path(name: str) -> str:
    return f"blobs/{name.replace(':', '/')}"


def _fill(layer: Layer, source: tarfiles.Source) -> None:
    for entry in tarfiles.read(source):
        if not entry.kind:
            layer.refused += 1
            continue
        real = entries.tar_entry(entry)
        if real is not None and not layer.add(real):
            return
