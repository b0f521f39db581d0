"""The files that a Killercoda scenario puts onto its hosts."""

from __future__ import annotations

import fnmatch
import posixpath
import re

from lessons.importing.commands import Commands, is_dockerfile
from lessons.importing.draft import fenced
from lessons.importing.jsonlines import JsonFile
from lessons.importing.report import Report
from lessons.importing.setup import SetupScript
from lessons.importing.source import BadSource, Folder, Place

#: Where the files lie, and the names of the one host that there is here.
FOLDER = "assets"
_HOSTS = ("host01", "client", "controlplane")
#: Characters of a text that a step may show.
_MOST_SHOWN = 16_000


class Assets:
    """Takes the assets of an ``index.json``, one by one."""

    def __init__(
        self,
        index: JsonFile,
        folder: Folder,
        setup: SetupScript,
        commands: Commands,
        report: Report,
    ) -> None:
        self._index = index
        self._folder = folder
        self._setup = setup
        self._commands = commands
        self._report = report
        #: Files of the source that were taken or reported.
        self.seen: set[str] = set()
        #: Blocks for the first step: files for which the set-up has no room.
        self.shown: list[str] = []

    def read(self) -> None:
        """Take them all; raises ``BadSource`` for a path that leads out of the folder."""
        for host in self._index.table("details", "assets"):
            for number in range(self._index.items("details", "assets", host)):
                self._asset(host, number)

    def _asset(self, host: str, number: int) -> None:
        path = ("details", "assets", host, number)
        place = self._index.place(*path, "file")
        written = self._index.text(*path, "file")
        target = self._index.text(*path, "target")
        mode = self._index.text(*path, "chmod")
        names = self._names(written, place)
        self.seen |= {name for name, _ in names}
        if host not in _HOSTS:
            self._report.lose(place, f"{host}: {written}", "there is but one host")
            return
        target = re.sub(r"^~(/|$)", r"/root\1", target or "/root")
        if not re.fullmatch(r"/[^\s\0]{0,200}", target) or ".." in target.split("/"):
            self._report.lose(place, f"target {target}", "this is no folder of the host")
            return
        for name, inner in names:
            self._put(name, posixpath.join(target, inner), mode, place)

    def _names(self, written: str, place: Place) -> list[tuple[str, str]]:
        """The files that an asset names: in the source, and below its target."""
        if not written:
            raise BadSource(place, "an asset names a file")
        name = self._folder.name(written, place, FOLDER)
        if not name.startswith(f"{FOLDER}/"):
            raise BadSource(place, f"{written!r} leads out of the folder {FOLDER}")
        if not re.search(r"[*?\[]", name):
            return [(name, posixpath.basename(name))]
        fixed = re.split(r"[*?\[]", name)[0].rpartition("/")[0] + "/"
        deep = "**" in name or name.endswith("/*")
        found = [
            (each, each[len(fixed) :])
            for each in self._folder.files()
            if fnmatch.fnmatchcase(each, name) and (deep or each.count("/") == name.count("/"))
        ]
        if not found:
            raise BadSource(place, f"no file fits {written!r}")
        return found

    def _put(self, name: str, path: str, mode: str, place: Place) -> None:
        data = self._folder.read(name, place)
        if is_dockerfile(posixpath.basename(name).split(".")[0], ""):
            self._commands.listing(data.decode(errors="replace"), Place(name, 1))
        elif data.startswith(b"#!"):
            self._commands.script(data.decode(errors="replace"), Place(name, 1))
        if self._setup.file(path, data, mode, place):
            self._report.count("files")
            return
        text = data.decode(errors="replace")
        shown = "\ufffd" not in text and "\0" not in text and len(text) <= _MOST_SHOWN
        if not shown or mode or not re.fullmatch(r"/[^\s`]{1,200}", path):
            why = f"the set-up has no room for its {len(data)} bytes"
            self._report.lose(place, name, why)
            self._report.lose(Place(name), "", f"{why}, so it is not in the lesson")
            return
        why = "the set-up has no room for it: the student puts it there in the first step"
        self._report.change(place, name, why)
        self._report.count("files")
        self.shown += ["", *fenced(f"file {path}", text)]
