"""What the importers' tests share."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from lessons import library
from lessons.importing.draft import Draft
from lessons.importing.run import Imported, import_lesson

SAMPLES = Path(__file__).parent / "samples"
TEA_SHOP = SAMPLES / "killercoda/tea-shop"
ODDS = SAMPLES / "killercoda/odds-and-ends"
SHELVES = SAMPLES / "labs/_posts/2024-05-01-shelves.markdown"
LOOSE_ENDS = SAMPLES / "labs/_posts/2024-06-02-loose-ends.md"


def bring(source: Path, into: Path, language: str = "en") -> tuple[Imported, library.Lesson]:
    """Import a source and read the lesson."""
    made = import_lesson(source, into, language=language)
    return made, library.read(made.folder)


def said(made: Imported) -> list[str]:
    """What is not mapped, as the report says it."""
    return [str(entry) for entry in sorted(made.report.lost)]


def changed(made: Imported) -> list[str]:
    """What is mapped to something else, as the report says it."""
    return [str(entry) for entry in sorted(made.report.changed)]


def scenario(folder: Path, text: str, **more: Any) -> Path:
    """A scenario of one page; ``more`` goes into its ``details``."""
    folder.mkdir(exist_ok=True)
    (folder / "one.md").write_text(text, encoding="utf-8")
    details = {"steps": [{"title": "One", "text": "one.md"}], **more}
    (folder / "index.json").write_text(json.dumps({"title": "T", "details": details}))
    return folder


def words(text: str) -> set[str]:
    """The words of a text."""
    return {word.lower() for word in re.findall(r"[^\W_]{2,}", text)}


def words_of(draft: Draft) -> set[str]:
    """The words of all that a draft says."""
    found = words(" ".join([draft.title, draft.summary, *draft.tags, draft.setup]))
    for step in draft.steps:
        found |= words(step.title) | words("\n".join(step.lines))
    for check in draft.checks.values():
        found |= words(check)
    return found
