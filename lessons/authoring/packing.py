"""A lesson as a zip archive: exactly the folder that git has, the same bytes each time."""

from __future__ import annotations

import io
import posixpath
import stat
import zipfile
import zlib
from collections.abc import Mapping

from django.utils.translation import gettext as _

from lessons.authoring.files import BadFiles

#: Bytes of an archive, of all that is in it, of one file; how many files.
MOST_ARCHIVE, MOST_ALL, MOST_FILE, MOST_FILES = 20 << 20, 32 << 20, 2 << 20, 1000
#: The first day that a zip archive can tell.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
#: How an entry begins in an archive's list of them, and how many there may be: more than files, as
#: folders have entries too, and few enough to be read at all.
_LISTED, _MOST_LISTED = b"PK\x01\x02", 4 * MOST_FILES
#: What archives are packed with; others can ask for gigabytes of memory to be unpacked.
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LEFT_BY_TOOLS = ("__MACOSX", ".git", ".DS_Store", "Thumbs.db")


def pack(slug: str, files: Mapping[str, bytes]) -> bytes:
    """Return the archive. Nothing in it is compressed: compressors' output differs by release."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{slug}/{name}", _NO_TIME)
            entry.create_system = 3  # Unix, on whatever this runs
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, files[name])
    return into.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """Return an archive's files by path; raises ``BadFiles``."""
    if len(data) > MOST_ARCHIVE:
        raise BadFiles(_("The archive is larger than %(n)s MB.") % {"n": MOST_ARCHIVE >> 20})
    if data.count(_LISTED) > _MOST_LISTED:
        raise BadFiles(_("The archive has more than %(n)s files.") % {"n": MOST_FILES})
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _entries(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError) as error:
        if isinstance(error, BadFiles):
            raise
        raise BadFiles(_("This is no zip archive that can be read.")) from None


def _entries(archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = [each for each in archive.infolist() if not each.is_dir()]
    if len(entries) > MOST_FILES:
        raise BadFiles(_("The archive has more than %(n)s files.") % {"n": MOST_FILES})
    found: dict[str, bytes] = {}
    left = MOST_ALL
    for entry in entries:
        path = checked_path(entry.filename)
        if any(part in _LEFT_BY_TOOLS for part in path.split("/")):
            continue
        mode = entry.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise BadFiles(_("%(name)s is a link or no plain file.") % {"name": path})
        if entry.flag_bits & 1:
            raise BadFiles(_("The archive has a password."))
        if entry.compress_type not in _PACKED:
            raise BadFiles(_("The archive is packed in an unusual way: pack it as a plain zip."))
        if path in found:
            raise BadFiles(_("%(name)s is in the archive twice.") % {"name": path})
        with archive.open(entry) as stream:  # what it says of its size may be a lie
            text = stream.read(min(MOST_FILE, left) + 1)
        if len(text) > MOST_FILE:
            said = _("%(name)s is larger than %(n)s kB.")
            raise BadFiles(said % {"name": path, "n": MOST_FILE >> 10})
        left -= len(text)
        if left < 0:
            raise BadFiles(_("The archive holds more than %(n)s MB.") % {"n": MOST_ALL >> 20})
        found[path] = text
    return found


def checked_path(path: str) -> str:
    """Return a path as it is; raises ``BadFiles`` if it leads anywhere else."""
    odd = any(ord(letter) < 32 or letter in "\\:" for letter in path) or len(path) > 300
    if odd or path.startswith("/") or posixpath.normpath(path) != path or path.startswith(".."):
        raise BadFiles(
            _("%(name)s: such a path leads out of the folder or is none.")
            % {"name": repr(path[:80])}
        )
    return path
