"""Links and pictures of a source: what stays one, what is copied, what becomes text."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote, urlsplit

from lessons.importing.draft import Draft, Names
from lessons.importing.report import Report
from lessons.importing.source import BadSource, Folder, NoSuchFile, Place

_SUFFIXES = (".svg", ".png", ".jpg", ".jpeg", ".webp")
_LOCAL = ("localhost", "127.0.0.1", "0.0.0.0", "::1")  # noqa: S104 - compared with, not listened at
_SPECIAL = re.compile(r"[\s()<>]")


class Links:
    """Decides about the links of one page; ``base`` is the page's folder in the source."""

    def __init__(self, folder: Folder, draft: Draft, names: Names, report: Report) -> None:
        self._folder = folder
        self._draft = draft
        self._names = names
        self._report = report
        self._copied: dict[str, str] = {}
        self.base = ""
        #: Files of the source that a page shows.
        self.shown: set[str] = set()

    def link(self, text: str, target: str, place: Place, title: str = "") -> str:
        """Return a link, or its text where the target is none that a lesson may have."""
        if target.startswith(("http://", "https://")):
            try:
                host = urlsplit(target).hostname
            except ValueError:
                host = ""
            if host in _LOCAL:
                # In the student's browser that would be the student's own machine.
                self._report.lose(place, target, "a page of the sandbox cannot be linked to")
                address = f"`{target}`"
                return address if text.strip("`<>") == target else f"{text} ({address})"
            if host:
                self._report.count("links")
                return f"[{text}]({_SPECIAL.sub(_quoted, target)}{_titled(title)})"
        self._report.lose(place, f"link to {target}", "no whole address; its text stays")
        return text

    def image(self, alt: str, target: str, place: Place, title: str = "") -> str:
        """Return a picture that is copied, or its text."""
        if re.match(r"[a-z][a-z0-9+.-]*:|//", target, re.IGNORECASE):
            self._report.lose(place, target, "a picture of another site is not shown")
            return self.link(alt or "picture", target, place, title) if "://" in target else alt
        try:
            name = self._copy(unquote(target).partition("?")[0], place)
        except BadSource as error:
            self._report.lose(place, target, error.why)
            return alt
        if not name:
            self._report.lose(place, target, f"a picture is one of {', '.join(_SUFFIXES)}")
            return alt
        if not alt.strip():
            alt = posixpath.splitext(posixpath.basename(target))[0]
            self._report.change(place, target, "it has no text for who cannot see it: its name is")
        return f"![{alt}]({name}{_titled(title)})"

    def _copy(self, target: str, place: Place) -> str:
        if not target.lower().endswith(_SUFFIXES):
            return ""
        name = self._find(target, place)
        if name not in self._copied:
            stem, suffix = posixpath.splitext(posixpath.basename(name))
            suffix = suffix.lower().replace(".jpeg", ".jpg")
            data = self._folder.read(name, place)
            copied = f"{self._names.new(stem, 'picture')}{suffix}"
            self._copied[name] = copied
            self._draft.pictures[copied] = data
            self._report.count("pictures")
            self.shown.add(name)
        return self._copied[name]

    def _find(self, target: str, place: Place) -> str:
        """Where a picture is: from its page's folder, from the top, or in ``assets``."""
        bases = [""] if target.startswith("/") else [self.base, "", "assets"]
        first: BadSource | None = None
        for base in dict.fromkeys(bases):
            try:
                name = self._folder.name(target.lstrip("/"), place, base)
                self._folder.read(name, place)
            except BadSource as error:
                first = first or error
            else:
                return name
        raise first or NoSuchFile(place, f"there is no file {target}")


def _titled(title: str) -> str:
    words = " ".join(title.replace("\\", "").replace('"', "'").split())
    return f' "{words}"' if words else ""


def _quoted(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())
