"""Reads a stranger's folder: nothing outside of it, no links, nothing without a bound."""

from __future__ import annotations

import os
import posixpath
import stat
from dataclasses import dataclass
from pathlib import Path

#: Bytes of one text, and of one picture or asset.
MOST_TEXT, MOST_FILE = 512 << 10, 2 << 20
#: Files that a folder may have.
MOST_FILES = 2000


@dataclass(frozen=True, order=True)
class Place:
    """A line of a file of the source; ``line`` counts from 1, 0 is the whole file."""

    file: str
    line: int = 0

    def at(self, line: int) -> Place:
        """Return another line of the same file."""
        return Place(self.file, line)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class BadSource(ValueError):
    """The source cannot be imported; says where and why."""

    def __init__(self, place: Place, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.place, self.why = place, why


class NoSuchFile(BadSource):
    """Something names a file that is not there."""


class Folder:
    """The folder of a lesson. Names in it are relative, with ``/``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        #: The texts that were read, by their names.
        self.texts: dict[str, str] = {}

    def name(self, written: str, named_at: Place, base: str = "") -> str:
        """Return a file's name as seen from the folder; raises ``BadSource`` if it leads out."""
        if "\0" in written or "\\" in written or len(written) > 400:
            raise BadSource(named_at, f"{written[:60]!r} is no file's name")
        name = posixpath.normpath(posixpath.join(base, written))
        if name.startswith(("/", "../")) or name in ("..", "."):
            raise BadSource(named_at, f"{written!r} leads out of the folder")
        return name

    def read(self, name: str, named_at: Place, most: int = MOST_FILE) -> bytes:
        """Return what a file holds; raises ``BadSource``.

        Each part of its path is opened by itself, so that no link is followed, not even one that
        is put there meanwhile.
        """
        *folders, last = name.split("/")
        opened = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in folders:
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=opened)
                os.close(opened)
                opened = inner
            # Without O_NONBLOCK a pipe would wait for its other end.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            file = os.open(last, flags, dir_fd=opened)
        except FileNotFoundError:
            raise NoSuchFile(named_at, f"there is no file {name}") from None
        except OSError as error:
            why = f"{name} is a link or cannot be read ({error.strerror})"
            raise BadSource(named_at, why) from None
        finally:
            os.close(opened)
        with os.fdopen(file, "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise BadSource(named_at, f"{name} is no plain file")
            data = stream.read(most + 1)
        if len(data) > most:
            raise BadSource(named_at, f"{name} is larger than {most >> 10} kB")
        return data

    def read_text(self, name: str, named_at: Place) -> str:
        """Return a file's text with plain line ends; raises ``BadSource``."""
        data = self.read(name, named_at, MOST_TEXT)
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise BadSource(Place(name, line), "it is not UTF-8") from None
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
        self.texts[name] = text
        return text

    def files(self) -> list[str]:
        """Return the names of all files, links included; raises ``BadSource`` for too many."""
        found: list[str] = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = sorted(each for each in folders if each != ".git")
            inner = os.path.relpath(folder, self.root)
            links = [each for each in folders if Path(folder, each).is_symlink()]
            found += [posixpath.normpath(f"{inner}/{each}") for each in (*files, *links)]
            if len(found) > MOST_FILES:
                raise BadSource(Place("."), f"the folder has more than {MOST_FILES} files")
        return sorted(found)
