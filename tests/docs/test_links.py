"""What the documents point at is there, and every picture is one that the script takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from playground.runtime.config import PROJECT_ROOT
from scripts.screenshots import LANGUAGES, SCENES

DOCUMENTS = [
    *PROJECT_ROOT.glob("*.md"),
    *(PROJECT_ROOT / "docs").rglob("*.md"),
    *(PROJECT_ROOT / "images").glob("*.md"),
]
_LISTING = re.compile(r"^(```|~~~).*?^\1|^    [^\n]*$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    # What is in a listing is an example.
    text = re.sub(
        r"^(```|~~~).*?^\1|^    .*$|`[^`\n]*`", "", document.read_text(), flags=re.M | re.S
    )
    for target in _LINK.findall(text):
        if "://" not in target and not target.startswith("mailto:"):
            assert (document.parent / target).exists(), f"{document.name} points at {target}"


def test_each_picture_is_one_that_is_taken() -> None:
    there = {path.name for path in (PROJECT_ROOT / "docs" / "img").iterdir()}
    assert there == {f"{name}.{language}.png" for name in SCENES for language in LANGUAGES}


def test_each_guide_is_there_in_both_languages() -> None:
    guides = {path.name for path in (PROJECT_ROOT / "docs" / "guide").iterdir()}
    names = {name.split(".")[0] for name in guides}
    assert guides == {f"{name}.{language}.md" for name in names for language in LANGUAGES}
