"""A lesson's files by name, wherever they are kept: in a folder, or in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path


class FolderFiles(Mapping[str, bytes]):
    """The plain files of a folder, read when they are asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> bytes:
        if "/" in name or name.startswith("."):
            raise KeyError(name)
        try:
            return (self._folder / name).read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            raise KeyError(name) from None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and "/" not in name and (self._folder / name).is_file()

    def __iter__(self) -> Iterator[str]:
        names = (each.name for each in self._folder.iterdir() if each.is_file())
        return iter(sorted(name for name in names if not name.startswith(".")))

    def __len__(self) -> int:
        return sum(1 for _ in self)
