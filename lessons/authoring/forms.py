"""The ways a draft begins."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from lessons import library
from lessons.authoring import packing
from lessons.authoring.files import BadFiles
from lessons.blocks import SLUG
from lessons.languages import language_now


def _tracks() -> list[tuple[str, str]]:
    language = language_now()
    return [(n, track.title.by_language()[language]) for n, track in library.tracks().items()]


def _lessons() -> list[tuple[str, str]]:
    language = language_now()
    return [(each.slug, each.titles[language]) for each in library.lessons()]


def check_slug(slug: str) -> None:
    """Raise ``ValidationError`` for what is no lesson's name."""
    if slug and (not SLUG.match(slug) or len(slug) > 60):
        raise ValidationError(_("A lesson's name has small letters, digits and hyphens."))


class ScratchForm(forms.Form):
    """An empty lesson."""

    slug = forms.CharField(label=_("name in the address"), max_length=60, validators=[check_slug])
    title_en = forms.CharField(label=_("title in English"), max_length=120)
    title_ko = forms.CharField(label=_("title in Korean"), max_length=120)
    track = forms.ChoiceField(label=_("track"), choices=_tracks)


class CopyForm(forms.Form):
    """A lesson that there is, to be replaced or under another name."""

    lesson = forms.ChoiceField(label=_("lesson"), choices=_lessons)
    slug = forms.CharField(
        label=_("another name, if it is not to replace that one"),
        max_length=60,
        required=False,
        validators=[check_slug],
    )


class _Foreign(forms.Form):
    folder = forms.CharField(
        label=_("folder, if there are several lessons in it"), max_length=200, required=False
    )
    slug = forms.CharField(
        label=_("name in the address, if not its folder's"),
        max_length=60,
        required=False,
        validators=[check_slug],
    )
    track = forms.ChoiceField(label=_("track, if it says none"), choices=_tracks, required=False)
    language = forms.ChoiceField(
        label=_("its language, if it was written for another site"),
        choices=[("en", _("English")), ("ko", _("Korean"))],
    )


class GitForm(_Foreign):
    """A repository."""

    url = forms.CharField(label=_("address of the repository"), max_length=300)
    branch = forms.CharField(label=_("branch, if not its own"), max_length=100, required=False)
    field_order = ["url", "branch", "folder"]


class _Many(forms.ClearableFileInput):
    allow_multiple_selected = True


class _Files(forms.FileField):
    widget = _Many

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        given = data if isinstance(data, (list, tuple)) and data else [data or None]
        return [super(_Files, self).clean(each, initial) for each in given]


class UploadForm(_Foreign):
    """A zip archive, or the files of a folder."""

    sent = _Files(label=_("a zip archive, or the files of a folder"))
    field_order = ["sent", "folder"]


def tree_of(files: list[UploadedFile[Any]], paths: list[str]) -> dict[str, bytes]:
    """The files by path that somebody sent; raises ``BadFiles``.

    A browser sends names without their folders; the page's script sends the paths beside them.
    """
    if len(files) == 1 and str(files[0].name).lower().endswith(".zip"):
        if (files[0].size or 0) > packing.MOST_ARCHIVE:
            said = _("The archive is larger than %(n)s MB.")
            raise BadFiles(said % {"n": packing.MOST_ARCHIVE >> 20})
        return packing.unpack(files[0].read())
    if len(paths) != len(files):
        paths = [str(each.name) for each in files]
    found: dict[str, bytes] = {}
    for path, each in zip(paths, files, strict=True):
        if (each.size or 0) > packing.MOST_FILE:
            said = _("%(name)s is larger than %(n)s kB.")
            raise BadFiles(said % {"name": path, "n": packing.MOST_FILE >> 10})
        if not any(part.startswith(".") for part in path.split("/")):
            found[packing.checked_path(path)] = each.read()
    return found
