"""An operator's images in the format of ``images/``, in which they are checked and built."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from playground.operators.models import CatalogueImage
from playground.runtime.catalogue import recipe
from playground.runtime.errors import BuildFailed

#: What a Dockerfile takes from other images: ``FROM name AS stage``, ``COPY --from=name``.
_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE | re.MULTILINE)
_COPY = re.compile(r"^\s*COPY\s+(?:--\S+\s+)*?--from=(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Draft:
    """What a recipe is made of, saved or not."""

    name: str
    tags: list[str]
    reference: str
    dockerfile: str
    needs: list[str]
    summary_en: str
    summary_ko: str
    files: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, image: CatalogueImage) -> Draft:
        """That of a saved image."""
        return cls(
            image.name,
            image.tags,
            image.reference,
            image.dockerfile,
            image.needs,
            image.summary_en,
            image.summary_ko,
            {each.name: bytes(each.content) for each in image.files.all()},
        )

    def contents(self) -> dict[str, bytes]:
        """Its folder's files by name."""
        found = {"image.toml": self._toml().encode()}
        if self.dockerfile:
            # A file that is written on Windows must not end its lines with a carriage return.
            found["Dockerfile"] = self.dockerfile.replace("\r\n", "\n").rstrip().encode() + b"\n"
            found |= self.files
        return found

    def digest(self) -> str:
        """The same for the same recipe."""
        digest = hashlib.sha256()
        for name, content in sorted(self.contents().items()):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()[:16]

    def _toml(self) -> str:
        lines = [f"name = {_quoted(self.name)}", f"tags = {_listed(self.tags)}"]
        if self.reference:
            lines.append(f"reference = {_quoted(self.reference)}")
        lines += [f"needs = {_listed(self.needs)}", "", "[summary]"]
        lines += [f"en = {_quoted(self.summary_en)}", f"ko = {_quoted(self.summary_ko)}"]
        return "\n".join(lines) + "\n"

    def write(self, images: Path) -> None:
        """Make its folder below ``images``. Scripts are what begins with ``#!``."""
        folder = images / self.name
        folder.mkdir(mode=0o755)
        for name, content in self.contents().items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o755 if content.startswith(b"#!") else 0o644)


def _quoted(text: str) -> str:
    """A TOML string. JSON's escapes are TOML's too; DEL is the one that JSON lets stand."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _listed(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def check(drafts: Iterable[Draft]) -> None:
    """Read them as a build does, beside the checkout's; raises ``BuildFailed``."""
    with TemporaryDirectory(prefix="playground-recipes-") as folder:
        for draft in drafts:
            draft.write(Path(folder))
        try:
            recipe.read_all(recipe.IMAGES, Path(folder))
        except BuildFailed as error:
            raise BuildFailed(str(error).replace(f"{folder}/", "")) from None


def own() -> dict[str, recipe.ImageRecipe]:
    """The checkout's images by name."""
    return {each.name: each for each in recipe.read_all()}


def names() -> dict[str, str]:
    """Which image has which tag, written out in full; the checkout's and the operators'."""
    tags = [(tag, each.name) for each in own().values() for tag in each.tags]
    tags += [(tag, each.name) for each in CatalogueImage.objects.all() for tag in each.tags]
    return {recipe.full_name(tag): name for tag, name in tags}


def taken_from(dockerfile: str) -> set[str]:
    """The images of the catalogue that a Dockerfile builds on."""
    known = names()
    said = _FROM.findall(dockerfile) + _COPY.findall(dockerfile)
    return {known[full] for full in map(recipe.full_name, said) if full in known}
