"""Reading tar headers: ustar, GNU's long names and POSIX.1-2001 (pax), straight from a stream.

The standard library's ``tarfile`` takes twice the time, keeps every member in memory and raises
what it likes on hostile input; here contents are passed over unread, and nothing but
:class:`BadArchive` and ``OSError`` comes out, whatever goes in. Format: POSIX pax, "ustar
Interchange Format", and GNU tar's manual, "Basic Tar Format".
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Protocol

from playground.layers import entries
from playground.layers.entries import Entry
from playground.layers.errors import BadArchive

_BLOCK = 512
#: name mode uid gid size mtime checksum type linkname magic+version, names, devices, prefix
_HEADER = struct.Struct("100s8s8s8s12s12s8sc100s8s80s155s12x")
_ZEROS = bytes(_BLOCK)
#: Names and pax records; Go's archive/tar has the same bound (maxSpecialFileSize).
_MOST_SPECIAL = 1 << 20
_MOST_SIZE = 1 << 60
_KINDS = {
    b"0": entries.FILE,
    b"\0": entries.FILE,
    b"7": entries.FILE,
    b"S": entries.FILE,
    b"1": entries.HARDLINK,
    b"2": entries.SYMLINK,
    b"3": entries.CHARACTER,
    b"4": entries.BLOCK,
    b"5": entries.DIRECTORY,
    b"6": entries.FIFO,
}
#: Kinds without content, whatever their size says (Go's isHeaderOnly).
_HEADER_ONLY = frozenset(b"123456"[i : i + 1] for i in range(6))


class Source(Protocol):
    """Bytes that are read once, from the front."""

    def read(self, size: int) -> bytes:
        """Return that many bytes, fewer only at the end."""

    def skip(self, size: int) -> None:
        """Pass over bytes."""


class Region:
    """A part of a file as a :class:`Source`; contents that are passed over are never read."""

    #: Small files follow each other: one call gets several headers.
    _AHEAD = 16 << 10

    def __init__(self, descriptor: int, start: int, size: int) -> None:
        self._fd = descriptor
        self._at = start
        self._end = start + size
        self._buffer = b""
        self._from = start

    def read(self, size: int) -> bytes:
        """Return that many bytes, fewer only at the end."""
        size = max(0, min(size, self._end - self._at))
        begin = self._at - self._from
        if not 0 <= begin <= len(self._buffer) - size:
            ahead = min(max(size, self._AHEAD), self._end - self._at)
            self._buffer, self._from, begin = os.pread(self._fd, ahead, self._at), self._at, 0
        found = self._buffer[begin : begin + size]
        self._at += len(found)
        return found

    def skip(self, size: int) -> None:
        """Pass over bytes."""
        self._at = min(self._at + size, self._end)


def read(source: Source) -> Iterator[Entry]:
    """Yield an archive's entries with :attr:`Entry.at` counted from its start.

    Paths are clean; an entry whose path cannot be one of a file has the path ``b""`` and the kind
    ``""``. Raises :class:`BadArchive` at what is no header, and ``OSError``.
    """
    at = 0
    extra: dict[bytes, bytes] = {}
    while True:
        block = source.read(_BLOCK)
        at += len(block)
        if len(block) < _BLOCK:
            if block.strip(b"\0"):
                raise BadArchive("a tar archive ends inside a header")
            return
        if block == _ZEROS:
            return
        (name, mode, uid, gid, size_text, mtime, checksum, kind, link, magic, _, prefix) = (
            _HEADER.unpack(block)
        )
        if _number(checksum) != sum(block) - sum(checksum) + 256:  # 8 spaces in its place
            raise BadArchive("a tar archive has a header with a wrong checksum")
        size = _number(size_text)
        if kind in b"xgLK":
            if size > _MOST_SPECIAL:
                raise BadArchive("a tar archive has a name that is too long")
            data = source.read(size)
            source.skip(-size % _BLOCK)
            at += size + -size % _BLOCK
            if len(data) < size:
                raise BadArchive("a tar archive ends inside a name")
            if kind == b"x":
                extra |= _pax(data)
            elif kind != b"g":  # global records are comments in practice
                extra[b"path" if kind == b"L" else b"linkpath"] = data.split(b"\0", 1)[0]
            continue
        path = name.split(b"\0", 1)[0]
        if prefix[0] and magic.startswith(b"ustar\0"):
            path = prefix.split(b"\0", 1)[0] + b"/" + path
        target = link.split(b"\0", 1)[0]
        seconds = _number(mtime)
        owner, group = _number(uid), _number(gid)
        real = size
        if extra:
            path = extra.get(b"GNU.sparse.name") or extra.get(b"path", path)
            target = extra.get(b"linkpath", target)
            size = real = _decimal(extra, b"size", size)
            owner, group = _decimal(extra, b"uid", owner), _decimal(extra, b"gid", group)
            seconds = _decimal(extra, b"mtime", seconds)
            real = _decimal(extra, b"GNU.sparse.realsize", real)
            real = _decimal(extra, b"GNU.sparse.size", real)
            extra = {}
        is_sparse = kind == b"S" or real != size
        if kind == b"S":
            real = _number(block[483:495])
            at += _skip_sparse_map(source, block[482])
        stored = 0 if kind in _HEADER_ONLY else size
        what = _KINDS.get(kind, entries.FILE)
        if what == entries.FILE and path.endswith(b"/"):
            what = entries.DIRECTORY  # as archives from before 1988 say it
        cleaned = entries.clean(path)
        if cleaned is None:
            yield Entry(b"", "")
        else:
            yield Entry(
                cleaned,
                what,
                real if what == entries.FILE else 0,
                _number(mode) & 0o7777,
                owner,
                group,
                seconds,
                target[: entries.MOST_PATH],
                -1 if is_sparse or what != entries.FILE else at,
            )
        padded = stored + -stored % _BLOCK
        source.skip(padded)
        at += padded


def _number(field: bytes) -> int:
    """A number in octal digits, or in base 256 if its first bit is set (GNU tar)."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
        if field[0] & 0x40:  # negative: an mtime before 1970
            return 0
    else:
        text = field.strip(b" \0")
        try:
            value = int(text.split(b"\0", 1)[0], 8) if text else 0
        except ValueError:
            raise BadArchive("a tar archive has a field that is no number") from None
    if not 0 <= value <= _MOST_SIZE:
        raise BadArchive("a tar archive has a number that is too large")
    return value


def _decimal(extra: dict[bytes, bytes], key: bytes, default: int) -> int:
    text = extra.get(key)
    if text is None:
        return default
    whole = text.split(b".", 1)[0][:20]
    if not whole.isdigit() or int(whole) > _MOST_SIZE:
        if key == b"mtime":
            return 0
        raise BadArchive("a tar archive has a pax record that is no number")
    return int(whole)


def _pax(data: bytes) -> dict[bytes, bytes]:
    """The records ``<length> <key>=<value>\\n`` of a pax header."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + 8)
        digits = data[at:space] if space > 0 else b""
        end = at + int(digits) if digits.isdigit() else 0
        if not space + 1 < end <= len(data) or data[end - 1 : end] != b"\n":
            raise BadArchive("a tar archive has a broken pax record")
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not equals:
            raise BadArchive("a tar archive has a pax record without a value")
        found[key] = value
        at = end
    return found


def _skip_sparse_map(source: Source, more: int) -> int:
    """Pass over the further blocks of an old GNU sparse map; returns their bytes."""
    passed = 0
    while more:
        block = source.read(_BLOCK)
        passed += len(block)
        if len(block) < _BLOCK or passed > _MOST_SPECIAL:
            raise BadArchive("a tar archive has a broken map of a sparse file")
        more = block[504]
    return passed
