"""Layers as they lie in a file: as they are, or packed with gzip or zstd."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator

import zstandard

from playground.layers.errors import BadArchive

_PIECE = 256 << 10
#: Bytes of one layer when unpacked. A gzip file may hold a thousand times its own size.
MOST_UNPACKED = 8 << 30
#: Zstd's window that a decoder must offer (RFC 8878 recommends 8 MB, ``zstd --long`` uses 128 MB).
_ZSTD_WINDOW = 128 << 20

PLAIN, GZIP, ZSTD = "tar", "gzip", "zstd"


def kind_of(start: bytes) -> str:
    """How a file is packed, from its first four bytes."""
    if start[:2] == b"\x1f\x8b":
        return GZIP
    return ZSTD if start[:4] == b"\x28\xb5\x2f\xfd" else PLAIN


class Unpacked:
    """A packed part of a file as a :class:`~playground.layers.tarfiles.Source`.

    Hashes what it reads and what it unpacks to, so both digests are known at the end
    (:meth:`finish`). Raises :class:`BadArchive` for broken or overlong data.
    """

    def __init__(self, descriptor: int, start: int, size: int, kind: str) -> None:
        self._pieces = _unpack(self._packed(descriptor, start, size), kind)
        self._packed_hash = hashlib.sha256()
        self._hash = hashlib.sha256()
        self._buffer = b""
        self._at = 0
        self.unpacked = 0

    def read(self, size: int) -> bytes:
        """Return that many bytes, fewer only at the end."""
        while len(self._buffer) - self._at < size:
            piece = self._next()
            if not piece:
                break
            self._buffer = self._buffer[self._at :] + piece
            self._at = 0
        found = self._buffer[self._at : self._at + size]
        self._at += len(found)
        return found

    def skip(self, size: int) -> None:
        """Pass over bytes."""
        while True:
            here = min(size, len(self._buffer) - self._at)
            self._at += here
            size -= here
            if not size:
                return
            self._buffer, self._at = self._next(), 0
            if not self._buffer:
                return

    def finish(self) -> tuple[str, str]:
        """Read to the end; the digests of what was packed and of what it unpacks to."""
        while self._next():
            pass
        return f"sha256:{self._packed_hash.hexdigest()}", f"sha256:{self._hash.hexdigest()}"

    def _next(self) -> bytes:
        piece = next(self._pieces, b"")
        self._hash.update(piece)
        self.unpacked += len(piece)
        if self.unpacked > MOST_UNPACKED:
            raise BadArchive("a layer unpacks to more than is read", "large")
        return piece

    def _packed(self, descriptor: int, start: int, size: int) -> Iterator[bytes]:
        end = start + size
        while start < end:
            piece = os.pread(descriptor, min(_PIECE, end - start), start)
            if not piece:
                raise BadArchive("an archive ends inside a layer")
            start += len(piece)
            self._packed_hash.update(piece)
            yield piece


def _unpack(pieces: Iterator[bytes], kind: str) -> Iterator[bytes]:
    if kind == PLAIN:
        return pieces
    return _gunzip(pieces) if kind == GZIP else _unzstd(pieces)


def _gunzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack gzip's members one after the other (RFC 1952), a bounded piece at a time."""
    decoder = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            while piece:
                if decoder.eof:
                    if not piece.strip(b"\0"):  # padding after the last member
                        break
                    decoder = zlib.decompressobj(wbits=31)
                if data := decoder.decompress(piece, _PIECE):
                    yield data
                piece = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
        if not decoder.eof:
            raise BadArchive("a layer packed with gzip ends too early")
    except zlib.error as error:
        raise BadArchive(f"a layer is no valid gzip: {error}") from None


class _Reader:
    """An iterator of pieces as the file that zstandard reads from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, _: int = -1) -> bytes:
        return next(self._pieces, b"")


def _unzstd(pieces: Iterator[bytes]) -> Iterator[bytes]:
    decoder = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    try:
        with decoder.stream_reader(_Reader(pieces), read_across_frames=True) as reader:  # type: ignore[arg-type]
            while data := reader.read(_PIECE):
                yield data
    except zstandard.ZstdError as error:
        raise BadArchive(f"a layer is no valid zstd: {error}") from None
