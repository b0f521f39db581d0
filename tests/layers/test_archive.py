"""Image archives of every kind that is read, and what is wrong with others."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from playground.layers import packed, questions
from playground.layers.archive import Archive
from playground.layers.errors import BadArchive, LayersError
from playground.layers.index import Cache
from playground.layers.library import ArchiveLibrary
from tests.layers import archives

BASE = archives.tar({"etc/": None, "etc/motd": "one\ntwo\n", "link": (tarfile.LNKTYPE, "etc/motd")})
TOP = archives.tar({"etc/motd": "one\n2\n", ".wh.link": ""}, mtime=2000)
OTHER = archives.tar({"other": "7 bytes"})
STEPS = ["/bin/sh -c #(nop) ADD base", "RUN change # buildkit"]


def ask(archive_file: Path, op: str, /, **fields: Any) -> dict[str, Any]:
    with Archive(archive_file) as archive:
        library = ArchiveLibrary(archive, Cache(archive_file.parent / "cache"))
        image = archive.images[0].id
        return questions.answer(library, {"op": op, "image": image, **fields})


@pytest.mark.parametrize("packing", ["docker", "tar", "gzip", "zstd"])
def test_every_kind_is_read(tmp_path: Path, packing: str) -> None:
    layers = [BASE, TOP]
    data = archives.docker(layers, STEPS) if packing == "docker" else archives.oci(layers, packing)
    path = archives.written(tmp_path, data)
    tree = ask(path, "tree", layer=1, mode="layer", path="/")
    assert [(e["path"], e["change"]) for e in tree["entries"]] == [
        ("/etc", "same"),
        ("/link", "removed"),
    ]
    file = ask(path, "file", layer=1, mode="layer", path="/etc/motd")
    assert file["text"] == "one\n2\n"
    assert file["diff"].split("\n") == ["@@ -1,2 +1,2 @@", " one", "-two", "+2"]
    assert ask(path, "file", layer=0, mode="union", path="/link")["text"] == "one\ntwo\n"
    (image,) = ask(path, "images")["images"]
    assert [layer["size"] for layer in image["layers"]] == [8, 6]
    assert image["platform"] == "linux/amd64"
    if packing == "docker":
        assert image["tags"] == ["mine:latest"]
        assert [layer["created_by"] for layer in image["layers"]] == STEPS
        assert image["layers"][0]["created"] == 1767323045


def test_instructions_without_a_layer_keep_their_place(tmp_path: Path) -> None:
    steps = ["ENV A=1", STEPS[0], "USER 1000", "EXPOSE 80", STEPS[1], 'CMD ["a"]']
    path = archives.written(tmp_path, archives.oci([BASE, TOP], "zstd", steps))
    (image,) = ask(path, "images")["images"]
    assert [layer["created_by"] for layer in image["layers"]] == STEPS
    made = {"created": 1767323045}
    assert image["settings"] == [
        {"height": 0, "created_by": "ENV A=1", **made},
        {"height": 1, "created_by": "USER 1000", **made},
        {"height": 1, "created_by": "EXPOSE 80", **made},
        {"height": 2, "created_by": 'CMD ["a"]', **made},
    ]


def test_a_history_longer_than_its_layers(tmp_path: Path) -> None:
    path = archives.written(tmp_path, archives.docker([BASE], [*["RUN x"] * 5, "ENV A=1"] * 300))
    (image,) = ask(path, "images")["images"]
    assert len(image["layers"]) == 1 and len(image["settings"]) <= 200
    assert {each["height"] for each in image["settings"]} == {1}


def test_images_of_two_archives_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one = archives.written(tmp_path, archives.docker([BASE, TOP], STEPS))
    other = archives.written(tmp_path / "other", archives.oci([BASE, OTHER]))
    stack = ask(other, "stack")
    assert [each["digest"] for each in stack["layers"]] == [
        archives.digest(BASE), archives.digest(OTHER),
    ]  # fmt: skip
    found = ask(one, "compare", stack=stack["layers"])
    assert (found["shared"], found["shared_bytes"]) == (1, 8)
    assert found["fetched"] == [{"layer": 1, "size": 7}]
    assert (found["fetched_bytes"], found["total_bytes"]) == (7, 15)


@pytest.mark.parametrize(
    "stack",
    ["x", 5, None, {}, ["x"], [{"digest": "sha256:1", "size": 1}], [{"digest": 7}], [{}] * 300],
)
def test_a_stack_that_is_none(tmp_path: Path, stack: object) -> None:
    path = archives.written(tmp_path, archives.docker([BASE], STEPS))
    with pytest.raises(LayersError) as raised:
        ask(path, "compare", stack=stack)
    assert raised.value.code == "question"


def test_a_layer_saved_twice_is_a_link(tmp_path: Path) -> None:
    """Docker before 25 writes the second one as a symbolic link to the first."""
    config = archives.config([archives.digest(BASE)] * 2)
    listed = json.dumps([{"Config": "c.json", "RepoTags": None, "Layers": ["a/l", "b/l"]}])
    buffer = io.BytesIO(archives.pack({"a/l": BASE, "c.json": config}))
    with tarfile.open(fileobj=buffer, mode="a") as archive:
        info = tarfile.TarInfo("b/l")
        info.type, info.linkname = tarfile.SYMTYPE, "../a/l"
        archive.addfile(info)
        info = tarfile.TarInfo("manifest.json")
        info.size = len(listed)
        archive.addfile(info, io.BytesIO(listed.encode()))
    path = archives.written(tmp_path, buffer.getvalue())
    with Archive(path) as opened:
        assert len(opened.images[0].layers) == 2
        assert len(opened.read_layer(opened.images[0].digests[1])) == 3


def test_an_index_of_indexes_with_an_attestation(tmp_path: Path) -> None:
    data = archives.oci([BASE], "gzip")
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        files = {i.name: archive.extractfile(i).read() for i in archive}  # type: ignore[union-attr]
    index = files.pop("index.json")
    inner = f"blobs/{archives.digest(index).replace(':', '/')}"
    named = {
        "digest": archives.digest(index),
        "annotations": {"org.opencontainers.image.ref.name": "v1"},
    }
    proof = {
        "digest": archives.digest(b"x"),
        "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
    }
    outer = json.dumps({"manifests": [proof, named, {"digest": archives.digest(b"not pulled")}]})
    path = archives.written(
        tmp_path, archives.pack({**files, inner: index, "index.json": outer.encode()})
    )
    with Archive(path) as opened:
        assert [image.tags for image in opened.images] == [("v1",)]


def manifest(**said: Any) -> bytes:
    whole = {"Config": "config.json", "RepoTags": ["x"], "Layers": ["0/layer.tar"], **said}
    config = archives.config([archives.digest(BASE)])
    return archives.pack(
        {"0/layer.tar": BASE, "config.json": config, "manifest.json": json.dumps([whole]).encode()}
    )


def with_config(config: bytes) -> bytes:
    listed = [{"Config": "config.json", "RepoTags": [], "Layers": ["0/layer.tar"]}]
    return archives.pack(
        {"0/layer.tar": BASE, "config.json": config, "manifest.json": json.dumps(listed).encode()}
    )


def with_manifest(data: bytes) -> bytes:
    return archives.pack({"manifest.json": data})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "kind"),
        (b"no archive at all" * 99, "archive"),
        (gzip.compress(archives.docker([BASE])), "packed"),
        (archives.pack({"readme": b"hello"}), "kind"),
        (with_manifest(b"[]"), "empty"),
        (with_manifest(b"{}"), "archive"),
        (with_manifest(b"[" * 100_000), "archive"),
        (with_manifest(b'[{"Config": "' + b"\xff" * 9), "archive"),
        (with_manifest(b'["text", 5, null]'), "empty"),
        (with_manifest(b" " * (5 << 20)), "archive"),
        (manifest(Layers="0/layer.tar"), "archive"),
        (manifest(Layers=[5, None]), "archive"),
        (manifest(Layers=["0/layer.tar"] * 2), "archive"),
        (manifest(Config="../../etc/passwd"), "missing"),
        (manifest(Config={"a": 1}), "missing"),
        (with_config(b"[]"), "archive"),
        (with_config(b'{"rootfs": {"diff_ids": {"0": "x"}}}'), "archive"),
        (with_config(b'{"rootfs": {"diff_ids": ["sha256:../../x"]}}'), "archive"),
        (with_config(archives.config([archives.digest(BASE)] * 300)), "archive"),
        (archives.pack({"index.json": b'{"manifests": [{"digest": "sha512:00"}]}'}), "archive"),
        (archives.pack({"index.json": b'{"manifests": 7}'}), "empty"),
    ],
)
def test_what_is_no_archive_of_images(tmp_path: Path, data: bytes, code: str) -> None:
    with pytest.raises(BadArchive) as raised:
        Archive(archives.written(tmp_path, data))
    assert raised.value.code == code


def test_indexes_that_never_end(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    inner = json.dumps({"manifests": []}).encode()
    for _ in range(6):
        files[f"blobs/{archives.digest(inner).replace(':', '/')}"] = inner
        inner = json.dumps({"manifests": [{"digest": archives.digest(inner)}]}).encode()
    with pytest.raises(BadArchive, match="nested"):
        Archive(archives.written(tmp_path, archives.pack({**files, "index.json": inner})))


@pytest.mark.parametrize("packing", ["docker", "tar", "gzip", "zstd"])
def test_a_layer_that_is_not_what_its_digest_says(tmp_path: Path, packing: str) -> None:
    honest = archives.docker([BASE]) if packing == "docker" else archives.oci([BASE], packing)
    if packing == "docker":
        data = honest.replace(b"one\ntwo\n", b"one\nTWO\n")
    else:
        # The config says another layer than the one that is there, which is packed as it should.
        other = archives.tar({"etc/motd": "else"})
        data = honest.replace(archives.digest(BASE).encode(), archives.digest(other).encode())
        with pytest.raises(BadArchive) as raised:
            Archive(archives.written(tmp_path, data))
        assert raised.value.code == "digest"
        return
    path = archives.written(tmp_path, data)
    with pytest.raises(LayersError) as refused:
        ask(path, "tree", layer=0, mode="layer", path="/")
    assert refused.value.code == "digest"
    assert not list((tmp_path / "cache").glob("*.sqlite"))


def test_a_blob_that_was_changed(tmp_path: Path) -> None:
    zipped = gzip.compress(BASE, mtime=0)
    blob = f"blobs/{archives.digest(zipped).replace(':', '/')}"
    data = archives.oci([BASE], "gzip", (), **{blob: gzip.compress(BASE, 1, mtime=5)})
    path = archives.written(tmp_path, data)
    with pytest.raises(LayersError) as refused:
        ask(path, "figures")
    assert refused.value.code == "digest"


def test_an_archive_cut_anywhere(tmp_path: Path) -> None:
    whole = archives.oci([BASE, TOP], "gzip")
    last = whole.rindex(b"}]}")  # of index.json, the last that is needed
    for length in range(0, last, 127):
        path = archives.written(tmp_path, whole[:length])
        with pytest.raises(LayersError):
            ask(path, "figures")


def test_a_layer_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MOST_UNPACKED", 1 << 20)
    path = archives.written(tmp_path, archives.oci([archives.tar({"zeros": b"\0" * (2 << 20)})]))
    with pytest.raises(LayersError) as refused:
        ask(path, "figures")
    assert refused.value.code == "large"
