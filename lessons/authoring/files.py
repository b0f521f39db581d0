"""What files a lesson may have: names, sizes, and that a picture is one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from django.utils.translation import gettext as _

#: Bytes of one text, of one picture, of all; how many files.
MOST_TEXT, MOST_PICTURE, MOST_ALL, MOST_FILES = 256 << 10, 2 << 20, 16 << 20, 250
PICTURES = (".png", ".jpg", ".webp", ".svg")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_SVG_NEVER = (b"<!DOCTYPE", b"<!ENTITY", b"<?XML-STYLESHEET", b"\0")
#: What an SVG picture is made of; all else can run, load or embed something.
#: What a style may not hold: ``url(…)`` of anything but a part of the picture, and other sheets.
_SVG_STYLE = re.compile(r"@import|url\(\s*(?![\s\"']*#)|\\|expression\(", re.IGNORECASE)
#: Attributes that are read by people, not by browsers' styles.
_SVG_WORDS = {"id", "class", "label", "title", "desc", "docname", "version", "export-filename"}
_SVG_BAD = {"script", "foreignobject", "iframe", "object", "embed", "handler", "set", "animate"}


class BadFiles(ValueError):
    """Files that no lesson can have; the text says why, in the reader's language."""


def is_text(name: str) -> bool:
    """Whether a file is edited as a text."""
    return name.endswith((".md", ".toml"))


def check(files: Mapping[str, bytes]) -> None:
    """Raise ``BadFiles`` for what cannot be kept; what is wrong in a text is the checker's."""
    if len(files) > MOST_FILES:
        raise BadFiles(_("A lesson has at most %(n)s files.") % {"n": MOST_FILES})
    total = sum(map(len, files.values()))
    if total > MOST_ALL:
        raise BadFiles(_("A lesson has at most %(n)s MB.") % {"n": MOST_ALL >> 20})
    for name, data in files.items():
        check_one(name, data)


def check_one(name: str, data: bytes) -> None:
    """Raise ``BadFiles`` if a lesson cannot have such a file."""
    if not _NAME.match(name):
        said = _("%(name)s: a file's name has Latin letters, digits, dots and hyphens, no folder.")
        raise BadFiles(said % {"name": repr(name[:80])})
    if is_text(name):
        if name.endswith(".toml") and name != "lesson.toml":
            raise BadFiles(_("%(name)s: the only TOML file is lesson.toml.") % {"name": name})
        if len(data) > MOST_TEXT:
            said = _("%(name)s is larger than %(n)s kB.")
            raise BadFiles(said % {"name": name, "n": MOST_TEXT >> 10})
        try:
            data.decode()
        except UnicodeDecodeError:
            raise BadFiles(_("%(name)s is not UTF-8.") % {"name": name}) from None
    elif name.endswith(PICTURES):
        if len(data) > MOST_PICTURE:
            said = _("%(name)s is larger than %(n)s kB.")
            raise BadFiles(said % {"name": name, "n": MOST_PICTURE >> 10})
        if not _is_picture(name, data):
            raise BadFiles(_("%(name)s is not the picture that its name says.") % {"name": name})
    else:
        raise BadFiles(
            _("%(name)s: a lesson has lesson.toml, steps (.md) and pictures (%(kinds)s).")
            % {"name": name, "kinds": ", ".join(PICTURES)}
        )


def _is_picture(name: str, data: bytes) -> bool:
    """Whether a picture begins as its kind does; an SVG is read to its end."""
    if name.endswith(".png"):
        return data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR"
    if name.endswith(".jpg"):
        return data.startswith(b"\xff\xd8\xff")
    if name.endswith(".webp"):
        return data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    _check_svg(name, data)
    return True


def _check_svg(name: str, data: bytes) -> None:
    bad = BadFiles(
        _("%(name)s: an SVG picture has no scripts, no document type and loads nothing.")
        % {"name": name}
    )
    if any(
        word in data.upper() for word in (b"<!DOCTYPE", b"<!ENTITY", b"<?XML-STYLESHEET", b"\0")
    ):
        raise bad  # entities can grow without bound
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - it has no document type
    except (ElementTree.ParseError, ValueError, LookupError):
        raise BadFiles(
            _("%(name)s is not the picture that its name says.") % {"name": name}
        ) from None
    if _local(root.tag) != "svg":
        raise BadFiles(_("%(name)s is not the picture that its name says.") % {"name": name})
    for element in root.iter():
        if _local(str(element.tag)) in _SVG_BAD:
            raise bad
        for key, value in element.attrib.items():
            loads = _local(key) == "href" and not value.strip().startswith("#")
            styled = _SVG_STYLE.search(value) and _local(key) not in _SVG_WORDS
            if _local(key).startswith("on") or loads or styled or "javascript:" in value.lower():
                raise bad
        if _local(str(element.tag)) == "style" and _SVG_STYLE.search("".join(element.itertext())):
            raise bad


def _local(name: str) -> str:
    return name.rpartition("}")[2].lower()
