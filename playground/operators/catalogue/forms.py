"""The form of an image of the catalogue."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from playground.operators.catalogue import recipes
from playground.operators.catalogue.recipes import Draft
from playground.operators.models import CatalogueFile, CatalogueImage
from playground.runtime.catalogue.recipe import full_name
from playground.runtime.errors import BuildFailed

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]\Z")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,98}\Z")
#: The distribution's reference grammar, without digests in tags.
_PATH = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_TAG = re.compile(rf"(?:[A-Za-z0-9.-]+(?::\d+)?/)?{_PATH}(?:/{_PATH})*(?::[\w][\w.-]{{0,127}})?\Z")
_REFERENCE = re.compile(rf"{_TAG.pattern[:-2]}(?:@sha256:[0-9a-f]{{64}})?\Z")
_MOST_TAGS, _MOST_FILES = 10, 20
_DOCKERFILE_BYTES, _FILE_BYTES, _FILES_BYTES = 64 << 10, 1 << 20, 4 << 20
_RESERVED = {"Dockerfile", "image.toml"}


class _Several(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile[Any]]:
        several: MultiValueDict[str, UploadedFile[Any]] = files
        return several.getlist(name)


class _Files(forms.FileField):
    widget = _Several

    def clean(self, data: Any, initial: Any = None) -> dict[str, bytes]:
        given: dict[str, bytes] = {}
        for each in data or []:
            name, size = str(each.name), each.size or 0
            if not _FILE.match(name) or name in _RESERVED:
                raise forms.ValidationError(
                    _("%(name)s: a file’s name has letters, digits, dots and dashes.")
                    % {"name": name}
                )
            if size > _FILE_BYTES:
                raise forms.ValidationError(_("%(name)s has more than 1 MB.") % {"name": name})
            given[name] = each.read()
        return given


class ImageForm(forms.Form):
    """An image by reference, by recipe, or both: pulled where that works and built where not."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=40,
        help_text=gettext_lazy("Small letters, digits and dashes: what it is called here."),
    )
    tags = forms.CharField(
        label=gettext_lazy("Names in the engine"),
        max_length=1000,
        help_text=gettext_lazy("As in docker run, the main one first: alpine:3.20 alpine"),
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=255,
        required=False,
        help_text=gettext_lazy(
            "Where to pull it from: docker.io/library/alpine:3.20. Needs a registry in reach; "
            "where none answers, it is built from the Dockerfile, if there is one."
        ),
    )
    dockerfile = forms.CharField(
        label="Dockerfile",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "code"}),
        help_text=gettext_lazy(
            "FROM one of the catalogue’s images. While it is built, Debian’s packages are in reach."
        ),
    )
    copied = _Files(
        label=gettext_lazy("Files for COPY"),
        required=False,
        help_text=gettext_lazy(
            "At most 20, of 1 MB each. One of the same name replaces the older one; what begins "
            "with #! can be run."
        ),
    )
    needs = forms.MultipleChoiceField(
        label=gettext_lazy("Built after"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Images that FROM and COPY --from name are added by themselves."),
    )
    summary_en = forms.CharField(label=gettext_lazy("One sentence, in English"), max_length=200)
    summary_ko = forms.CharField(label=gettext_lazy("One sentence, in Korean"), max_length=200)
    drop = forms.MultipleChoiceField(
        label=gettext_lazy("Remove files"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, image: CatalogueImage | None = None, **kwargs: Any) -> None:
        if image is not None:
            kwargs["initial"] = {
                **{name: getattr(image, name) for name in _PLAIN},
                "tags": " ".join(image.tags),
            }
        super().__init__(*args, **kwargs)
        self.image = image
        others = CatalogueImage.objects.exclude(pk=image.pk if image else None)
        self._others = {each.name: Draft.of(each) for each in others}
        choices = sorted({*recipes.own(), *self._others})
        self.fields["needs"].choices = [(each, each) for each in choices]  # type: ignore[attr-defined]
        self._kept = Draft.of(image).files if image else {}
        if self._kept:
            self.fields["drop"].choices = [(each, each) for each in self._kept]  # type: ignore[attr-defined]
        else:
            del self.fields["drop"]
        if image:
            # Other images need it by its name.
            self.fields["name"].disabled = True

    def clean_name(self) -> str:
        """Like a folder of ``images/``, and another one."""
        name = str(self.cleaned_data["name"])
        if not _NAME.match(name):
            raise forms.ValidationError(_("Small letters, digits and dashes, two at the least."))
        if name == "host" or name in recipes.own() or name in self._others:
            raise forms.ValidationError(_("There is an image of that name already."))
        return name

    def clean_tags(self) -> list[str]:
        """Names that no other image has."""
        tags = list(dict.fromkeys(str(self.cleaned_data["tags"]).replace(",", " ").split()))
        if not tags or len(tags) > _MOST_TAGS:
            raise forms.ValidationError(_("One to ten names."))
        owners = recipes.names()
        for tag in tags:
            if not _TAG.match(tag) or len(tag) > 128:
                raise forms.ValidationError(_("%(tag)s is no name of an image.") % {"tag": tag})
            owner = owners.get(full_name(tag))
            if owner and (self.image is None or owner != self.image.name):
                raise forms.ValidationError(
                    _("%(tag)s is the image %(name)s already.") % {"tag": tag, "name": owner}
                )
        return tags

    def clean_reference(self) -> str:
        """Of the grammar that the engine takes."""
        reference = str(self.cleaned_data["reference"])
        if reference and not _REFERENCE.match(reference):
            raise forms.ValidationError(
                _("That is no reference of an image, like docker.io/library/alpine:3.20.")
            )
        return reference

    def clean_dockerfile(self) -> str:
        """Of a size that a person writes."""
        text = str(self.cleaned_data["dockerfile"])
        if len(text.encode()) > _DOCKERFILE_BYTES:
            raise forms.ValidationError(_("More than 64 kB."))
        return text if text.strip() else ""

    def clean(self) -> dict[str, Any]:
        """As the builder would read it, beside all others."""
        data = self.cleaned_data
        if self.errors:
            return data
        if not data["reference"] and not data["dockerfile"]:
            raise forms.ValidationError(_("Give a reference, a Dockerfile, or both."))
        try:
            recipes.check([*self._others.values(), self.draft()])
        except BuildFailed as error:
            raise forms.ValidationError(str(error)) from None
        files = self.draft().files
        if len(files) > _MOST_FILES or sum(map(len, files.values())) > _FILES_BYTES:
            raise forms.ValidationError(_("At most 20 files, of 4 MB together."))
        return data

    def draft(self) -> Draft:
        """What was asked for."""
        data = self.cleaned_data
        dropped = set(data.get("drop", ()))
        kept = {name: each for name, each in self._kept.items() if name not in dropped}
        needs = (set(data["needs"]) | recipes.taken_from(data["dockerfile"])) - {data["name"]}
        return Draft(
            **{name: data[name] for name in _PLAIN if name != "needs"},
            tags=data["tags"],
            needs=sorted(needs),
            files=kept | data["copied"],
        )

    def save(self) -> CatalogueImage:
        """Keep it, for the next build."""
        draft = self.draft()
        fields = {name: getattr(draft, name) for name in (*_PLAIN, "tags")}
        image: CatalogueImage
        image, _made = CatalogueImage.objects.update_or_create(
            name=fields.pop("name"), defaults=fields
        )
        image.files.all().delete()
        CatalogueFile.objects.bulk_create(
            CatalogueFile(image=image, name=name, content=content)
            for name, content in draft.files.items()
        )
        return image


_PLAIN = ("name", "reference", "dockerfile", "needs", "summary_en", "summary_ko")
