"""What somebody brings, a zip archive, a folder, a repository, becomes the files of a lesson."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from django.utils.translation import gettext as _

from lessons import library
from lessons.authoring import files as rules
from lessons.authoring.files import BadFiles
from lessons.blocks import SLUG
from lessons.importing.run import import_lesson
from lessons.importing.source import BadSource

_FACTS = "lesson.toml"


@dataclass(frozen=True)
class Arrived:
    """A lesson's files, the name it has where it came from, and what became of its source."""

    slug: str
    files: dict[str, bytes]
    report: list[str] = field(default_factory=list)


def arrive(
    tree: Mapping[str, bytes],
    *,
    folder: str = "",
    name: str = "",
    track: str = "",
    language: str = "en",
) -> Arrived:
    """Make a lesson's files of files by path; raises ``BadFiles``.

    ``folder`` says which, where there are several. What is no lesson of this format is imported.
    """
    folder = folder.strip("/")
    if folder:
        inside = {path[len(folder) + 1 :]: data for path, data in tree.items()
                  if path.startswith(f"{folder}/")}  # fmt: skip
        if not inside:
            raise BadFiles(_("There is no folder %(name)s in it.") % {"name": folder})
        tree = inside
    if not tree:
        raise BadFiles(_("It is empty."))
    found = sorted(path for path in tree if path.rpartition("/")[2] == _FACTS)
    if len(found) > 1:
        names = ", ".join(path.rpartition("/")[0] or "." for path in found[:20])
        raise BadFiles(
            _("It has several lessons: name the folder of one: %(names)s") % {"names": names}
        )
    if not found:
        return _imported(tree, name or folder.rpartition("/")[2], track, language)
    top = found[0].rpartition("/")[0]
    prefix = f"{top}/" if top else ""
    if top:
        tree = {path: data for path, data in tree.items() if path.startswith(prefix)}
    files = {path[len(prefix) :]: data for path, data in tree.items()}
    rules.check(files)
    own = (top or folder).rpartition("/")[2]
    return Arrived(name or (own if SLUG.match(own) else ""), files)


def _imported(tree: Mapping[str, bytes], name: str, track: str, language: str) -> Arrived:
    """A lesson of another site's format."""
    with TemporaryDirectory(prefix="playground-import-") as scratch:
        source, into = Path(scratch, "source"), Path(scratch, "into")
        for path, data in tree.items():
            target = source / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        into.mkdir()
        tracks = library.CONTENT / library.TRACKS
        (into / library.TRACKS).write_bytes(tracks.read_bytes())
        inner = [source, *(each for each in sorted(source.rglob("*")) if each.is_dir())]
        start = next((each for each in inner if (each / "index.json").is_file()), source)
        pages = sorted(source.rglob("*.md")) + sorted(source.rglob("*.markdown"))
        if start == source and not (source / "index.json").is_file() and len(pages) == 1:
            start = pages[0]
        try:
            first = next(iter(library.tracks()))
            made = import_lesson(start, into, name, track or first, language)
        except (BadSource, OSError) as error:
            said = re.sub(re.escape(scratch) + r"/\w+/?", "", str(error))
            raise BadFiles(_("It is no lesson that can be read: %(why)s") % {"why": said}) from None
        files = {each.name: each.read_bytes() for each in made.folder.iterdir()}
        rules.check(files)
        return Arrived(made.folder.name, files, list(made.report.lines()))
