"""Layers made to do harm end in a bounded answer, in the process that reads uploads.

Each is read by the real reader, whose memory and processor time are bounded; ``PLAYGROUND_FULL=1``
makes the largest ones as large as the reader's own bounds.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import subprocess
import sys
import tarfile
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from playground.layers import entries, reader
from playground.layers.archive import Archive
from tests.layers import archives

FULL = os.environ.get("PLAYGROUND_FULL") == "1"
#: Seconds for one archive; in the full form ten million headers are read.
WITHIN = 600 if FULL else 60


class Reader:
    """The reader of an archive, asked as the site asks it."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "playground.layers.reader", path, path.parent / "cache"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with Archive(path) as archive:
            self.image = archive.images[0].id
        self.timer = threading.Timer(WITHIN, self.process.kill)
        self.timer.start()

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        question = {"id": 7, "op": op, "image": self.image, "layer": 0, "mode": "layer", **fields}
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line.endswith(b"\n"), f"the reader ended with {self.process.wait()}"
        assert len(line) < 4 << 20
        found: dict[str, Any] = json.loads(line)
        assert found["id"] == 7
        return found

    def tree(self, path: str = "/", **fields: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("tree", path=path, **fields)["answer"]
        return found

    def close(self) -> int:
        """End it; the most memory that it had, in bytes."""
        self.timer.cancel()
        said = Path(f"/proc/{self.process.pid}/status").read_text()
        most = next(line for line in said.splitlines() if line.startswith("VmHWM"))
        self.process.communicate()
        assert self.process.returncode == 0
        return int(most.split()[1]) << 10


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[bytes], Reader]]:
    """Opens the archive of one layer, packed with gzip."""
    readers: list[Reader] = []

    def start(layer: bytes) -> Reader:
        readers.append(Reader(archives.written(tmp_path, archives.oci([layer], "gzip"))))
        return readers[-1]

    yield start
    for each in readers:
        assert each.close() < reader.MOST_MEMORY


def headers(count: int) -> Iterator[bytes]:
    """The headers of so many empty files, in pieces; one is made, the others differ in a number."""
    model = bytearray(archives.tar({"0000000000": ""})[:512])
    model[148:156] = b" " * 8
    rest = sum(model[10:])
    piece = bytearray()
    for number in range(count):
        name = b"%010d" % number
        model[:10] = name
        model[148:156] = b"%06o\0 " % (rest + sum(name))
        piece += model
        if len(piece) >= 1 << 20:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece) + bytes(1024)


def test_millions_of_entries(tmp_path: Path) -> None:
    count = 10_000_000 if FULL else 250_000
    packer, packed, plain = zlib.compressobj(1, wbits=31), bytearray(), 0
    digest = hashlib.sha256()
    for piece in headers(count):
        packed += packer.compress(piece)
        digest.update(piece)
        plain += len(piece)
    packed += packer.flush()
    assert plain == 512 * count + 1024
    config = archives.config([f"sha256:{digest.hexdigest()}"])
    listed = [{"Config": "c", "RepoTags": ["x"], "Layers": ["l"]}]
    data = archives.pack(
        {"l": bytes(packed), "c": config, "manifest.json": json.dumps(listed).encode()}
    )
    asked = Reader(archives.written(tmp_path, data))
    tree = asked.tree()
    assert tree["truncated"] and tree["more"] and len(tree["entries"]) == 300
    assert asked.ask("search", text="00")["answer"]["more"]
    assert asked.ask("figures")["answer"]["size"] == 0
    assert asked.close() < 512 << 20


def test_names_of_four_kilobytes(opened: Callable[[bytes], Reader]) -> None:
    longest = "/".join("n" * 250 for _ in range(16))
    many = {f"{longest}/{number:04}": "x" for number in range(2000)}
    asked = opened(archives.tar({**many, "m" * 256: "too long", "p/" * 3000 + "x": "too deep"}))
    tree = asked.tree()
    assert tree["refused"] == 2
    assert [each["path"] for each in tree["entries"]] == ["/" + "n" * 250]
    assert len(asked.tree("/" + longest)["entries"]) < 300  # as many as an answer has room for
    assert asked.ask("search", text="000")["answer"]["entries"]
    assert asked.ask("file", path=f"/{longest}/0007")["answer"]["text"] == "x"


def test_names_that_are_no_text(opened: Callable[[bytes], Reader]) -> None:
    bad = os.fsdecode(b"\xff\xfe\x80")
    odd = {bad: "bad", f"{bad}d/\x1b[31m": "escape", "a\nb": "lines", "<img src=x>": "markup"}
    buffer = archives.tar(odd)
    asked = opened(buffer)
    paths = [each["path"] for each in asked.tree()["entries"]]
    assert set(paths) == {"/" + bad, f"/{bad}d", "/a\nb", "/<img src=x>"}
    assert asked.ask("file", path="/" + bad)["answer"]["text"] == "bad"
    assert asked.tree(f"/{bad}d")["entries"][0]["path"] == f"/{bad}d/\x1b[31m"
    assert asked.ask("search", text="img")["answer"]["entries"]
    assert asked.ask("tree", path="/\ud800")["error"] == "missing"


def test_a_tree_as_deep_as_a_path_is_long(opened: Callable[[bytes], Reader]) -> None:
    deep = {"/".join([f"{number:x}"] + ["d"] * 2040): "x" for number in range(16)}
    asked = opened(archives.tar(deep))
    tree = asked.tree()
    assert tree["truncated"]  # their folders' paths alone would be 60 MB
    assert tree["entries"][0]["files"] == 1
    found = asked.tree("/" + "/".join(["0"] + ["d"] * 2039))["entries"]
    assert [each["kind"] for each in found] == ["file"]
    assert asked.ask("figures")["answer"]["size"] > 0


def test_whiteouts_of_nothing(opened: Callable[[bytes], Reader]) -> None:
    marks = {"a/.wh.never": "", ".wh.": "", ".wh..": "", ".wh...": "", "b/.wh..wh..opq": ""}
    asked = opened(archives.tar({**marks, ".wh..wh.plnk": "", "c": "x", ".wh.c": ""}))
    shown = [(each["path"], each["change"]) for each in asked.tree()["entries"]]
    assert shown == [("/a", "added"), ("/c", "added"), ("/c", "removed")]
    assert asked.tree("/a")["entries"][0]["size"] == 0
    assert asked.ask("figures")["answer"]["advice"] == []


def test_links_and_names_that_lead_out(opened: Callable[[bytes], Reader]) -> None:
    asked = opened(
        archives.tar(
            {
                "out": (tarfile.SYMTYPE, "../../../../etc/passwd"),
                "hard": (tarfile.LNKTYPE, "../../../../etc/passwd"),
                "self": (tarfile.LNKTYPE, "self"),
                "one": (tarfile.LNKTYPE, "two"),
                "two": (tarfile.LNKTYPE, "one"),
                "../../../../tmp/climbs": "inside",
                "/absolute": "inside",
                "a/../b/./c": "inside",
                "device": (tarfile.CHRTYPE, ""),
                "disk": (tarfile.BLKTYPE, ""),
                "pipe": (tarfile.FIFOTYPE, ""),
            }
        )
    )
    assert [each["path"] for each in asked.tree()["entries"]] == [
        "/absolute", "/b", "/device", "/disk", "/hard", "/one", "/out", "/pipe", "/self", "/tmp",
        "/two",
    ]  # fmt: skip
    assert asked.ask("file", path="/../../tmp/climbs")["answer"]["text"] == "inside"
    for path in ("/out", "/hard", "/self", "/one", "/device", "/disk", "/pipe", "/tmp", "/"):
        assert asked.ask("file", path=path)["error"] in ("missing", "kind"), path
    assert asked.ask("file", path="/etc/passwd")["error"] == "missing"


def test_a_bomb(tmp_path: Path) -> None:
    """Zeros that unpack to a thousand times what was sent."""
    size = (9 << 30) if FULL else (256 << 20)
    info = tarfile.TarInfo("zeros")
    info.size = size
    head = info.tobuf(tarfile.GNU_FORMAT)
    packer = zlib.compressobj(9, wbits=31)
    packed = bytearray(packer.compress(head))
    zeros = bytes(1 << 20)
    for _ in range(size >> 20):
        packed += packer.compress(zeros)
    packed += packer.flush()
    config = archives.config(["sha256:" + "0" * 64])
    listed = [{"Config": "c", "RepoTags": ["x"], "Layers": ["l"]}]
    data = archives.pack(
        {"l": bytes(packed), "c": config, "manifest.json": json.dumps(listed).encode()}
    )
    assert len(data) < size // 500
    asked = Reader(archives.written(tmp_path, data))
    assert asked.ask("tree", path="/")["error"] == ("large" if FULL else "digest")
    assert asked.close() < 128 << 20


@pytest.mark.parametrize(
    "size", [b"77777777777\0", b"\x80" + b"\xff" * 11, b"\xff" * 12, b"x" * 12]
)
def test_sizes_that_lie(tmp_path: Path, size: bytes) -> None:
    layer = bytearray(archives.tar({"a": "1", "b": "2"}))
    layer[124:136] = size
    layer[148:156] = b" " * 8
    layer[148:156] = b"%06o\0 " % sum(layer[:512])
    for data in (archives.oci([bytes(layer)], "gzip"), archives.docker([bytes(layer)])):
        asked = Reader(archives.written(tmp_path, data))
        said = asked.ask("tree", path="/")
        assert said.get("error") == "archive" or len(said["answer"]["entries"]) == 1
        said = asked.ask("file", path="/a")
        assert "error" in said or len(said["answer"]["text"] or "") < 1 << 20
        assert asked.close() < 128 << 20


def test_pax_records_that_lie(opened: Callable[[bytes], Reader]) -> None:
    def record(text: bytes) -> bytes:
        info = tarfile.TarInfo("pax")
        info.type, info.size = tarfile.XHDTYPE, len(text)
        return info.tobuf() + text + bytes(-len(text) % 512)

    asked = opened(record(b"99999999 path=x\n") + archives.tar({"a": "1"}))
    assert asked.ask("tree", path="/")["error"] == "archive"


def test_bytes_at_random(tmp_path: Path) -> None:
    """Whatever a layer is, the reader answers, and goes on to answer."""
    dice = random.Random(8)
    whole = archives.tar({"etc/": None, "etc/a": "x" * 700, ".wh.b": "", "l": (b"2", "etc/a")})
    broken = []
    for _ in range(60):
        layer = bytearray(whole)
        for _ in range(dice.randrange(1, 12)):
            layer[dice.randrange(len(layer))] = dice.randrange(256)
        broken.append(bytes(layer))
    data = archives.docker(broken, name="broken:latest")
    asked = Reader(archives.written(tmp_path, data))
    for number in range(len(broken)):
        said = asked.ask("search", layer=number, text="a")
        assert "answer" in said or said["error"] in ("archive", "digest")
    asked.close()


def test_questions_that_are_none(opened: Callable[[bytes], Reader]) -> None:
    asked = opened(archives.tar({"a": "1"}))
    assert asked.process.stdin and asked.process.stdout
    about_it = {"op": "tree", "image": asked.image, "mode": "layer", "path": "/", "layer": 0}
    changes: list[dict[str, Any]] = [
        {"layer": -1}, {"layer": 1 << 70}, {"layer": True}, {"path": "a"}, {"path": None},
        {"path": "/" * 5000}, {"offset": "x"}, {"mode": "both"}, {"image": 5}, {"image": "x" * 300},
    ]  # fmt: skip
    frames: list[bytes] = [
        b"", b"\xff\xfe", b"[]", b"5", b"null", b"{}", b'{"id": {}}', b"[" * 9000,
        b'{"op": ["tree"]}', *(json.dumps({**about_it, **each}).encode() for each in changes),
    ]  # fmt: skip
    for frame in frames:
        asked.process.stdin.write(frame + b"\n")
    asked.process.stdin.flush()
    for frame in frames:
        said = json.loads(asked.process.stdout.readline())
        assert said["error"] in ("question", "image"), frame
    assert asked.tree("/", offset=1 << 30)["entries"] == []
    assert asked.tree()["entries"][0]["path"] == "/a"


def test_all_is_read_beforehand_and_said(tmp_path: Path) -> None:
    layers = [archives.tar({f"f{number}": "x"}) for number in range(3)]
    path = archives.written(tmp_path, archives.oci(layers, "zstd"))
    command = [sys.executable, "-m", "playground.layers.reader", "--all"]
    command += [str(path), str(tmp_path / "cache")]
    done = subprocess.run(command, capture_output=True, check=True, timeout=WITHIN)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert said == [{"read": number, "of": 3} for number in range(4)]
    assert len(list((tmp_path / "cache").glob("*.sqlite"))) == 3
    path.write_bytes(gzip.compress(path.read_bytes()))
    done = subprocess.run(command, capture_output=True, timeout=WITHIN)
    assert (done.returncode, json.loads(done.stdout)) == (1, {"error": "packed"})


def test_memory_is_bounded(tmp_path: Path) -> None:
    """A reader that would take more than it may says so, and still ends by itself."""
    layers = [archives.tar({"a": "1"})]
    path = archives.written(tmp_path, archives.oci(layers))
    script = (
        "from playground.layers import reader, library\n"
        "reader.bound_itself(300 << 20)\n"
        "library.ArchiveLibrary.index = lambda *_: bytearray(1 << 30)\n"
        f"raise SystemExit(reader.main({str(path)!r}, {str(tmp_path / 'c')!r}, everything=True))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=WITHIN)
    assert done.stdout.splitlines()[-1] == b'{"error": "large"}'
    assert entries.MOST_ENTRIES == 200_000  # what MOST_MEMORY was chosen for
