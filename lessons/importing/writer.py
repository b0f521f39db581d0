"""Writes a draft as a lesson's folder."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lessons import library
from lessons.format import LANGUAGES
from lessons.importing.draft import Draft, DraftStep, no_block, slug
from lessons.importing.report import Report
from lessons.importing.source import BadSource, Place

#: The track of imported lessons where none is named.
TRACK = "imported"
_TRACK = """
[imported]
order = {order}
title.en = "Imported"
title.ko = "가져온 수업"
summary.en = "Lessons that were written for other sites."
summary.ko = "다른 사이트를 위해 쓰인 수업입니다."
"""
#: Said in the files of the language that the source is not in.
_NOTES = {
    "ko": "이 단계는 아직 한국어로 번역되지 않았습니다. 아래는 원문입니다.",
    "en": "This step is not translated into English yet. The original follows.",
}
_MOST_STEPS, _MOST_TEXT = 99, 400


def write(draft: Draft, into: Path, name: str, track: str, language: str) -> Path:
    """Write a lesson into ``into``; returns its folder. Raises ``BadSource`` if it cannot be."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) or len(name) > 60:
        raise BadSource(Place("."), f"{name!r} is no name for a lesson; --slug gives it one")
    if len(draft.steps) > _MOST_STEPS:
        raise BadSource(Place("."), f"a lesson has at most {_MOST_STEPS} steps")
    folder = into / name
    if folder.exists():
        raise BadSource(Place("."), f"{folder} is there already; --slug gives it another name")
    into.mkdir(parents=True, exist_ok=True)
    track = _track(into, track)
    made = Path(tempfile.mkdtemp(prefix=".import-", dir=into))
    try:
        made.chmod(0o755)
        text = toml(draft, track, _order(into, track))
        (made / "lesson.toml").write_text(text, encoding="utf-8")
        for number, step in enumerate(draft.steps, 1):
            stem = f"{number:02}-{slug(step.title) or 'step'}"
            for each in LANGUAGES:
                page = _page(step, "" if each == language else _NOTES[each])
                (made / f"{stem}.{each}.md").write_text(page, encoding="utf-8")
        for picture, data in draft.pictures.items():
            (made / picture).write_bytes(data)
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder


def to_translate(draft: Draft, folder: Path, language: str, report: Report) -> None:
    """List what is in one language only."""
    for other in LANGUAGES:
        if other != language:
            report.to_translate.append(f"{folder.name}/lesson.toml: title.{other}, summary.{other}")
            for number, step in enumerate(draft.steps, 1):
                file = f"{number:02}-{slug(step.title) or 'step'}.{other}.md"
                report.to_translate.append(f"{folder.name}/{file}: {step.title}")


def _page(step: DraftStep, note: str) -> str:
    title = no_block(" ".join(step.title.split()))
    lines = [f"# {title}", "", *([f"> {note}", ""] if note else []), *step.lines]
    text = "\n".join(line.rstrip() if not line.strip() else line for line in lines)
    return text.rstrip("\n") + "\n"


def _track(into: Path, track: str) -> str:
    """The track's name, after making the one for imported lessons if that is meant."""
    file = into / library.TRACKS
    library.tracks.cache_clear()
    known = library.tracks(into) if file.exists() else {}
    track = track or TRACK
    if track in known:
        return track
    if track != TRACK:
        raise BadSource(Place("."), f"there is no track {track} in {file}: {', '.join(known)}")
    order = max((each.order for each in known.values()), default=0) + 1
    with file.open("a", encoding="utf-8") as stream:
        stream.write(_TRACK.format(order=order).lstrip("" if known else "\n"))
    library.tracks.cache_clear()
    return TRACK


def _order(into: Path, track: str) -> int:
    """The place behind the last lesson of a track."""
    orders = [0]
    for folder in library.folders(into):
        try:
            lesson = library.read(folder)
        except library.LessonError:
            continue
        if lesson.track == track:
            orders.append(lesson.order)
    return max(orders) + 10


def toml(draft: Draft, track: str, order: int) -> str:
    """Return ``lesson.toml``."""
    title = draft.title[:_MOST_TEXT]
    summary = (draft.summary or draft.title)[:_MOST_TEXT]
    lines = [
        f"track = {_text(track)}",
        f"order = {order}",
        f"level = {_text(draft.level)}",
        f"minutes = {draft.minutes}",
        f"tags = {_texts(draft.tags)}",
        "requires = []",
        f"images = {_texts(draft.images)}",
    ]
    for name, text in (("title", title), ("summary", summary)):
        lines += ["", f"[{name}]", *(f"{language} = {_text(text)}" for language in LANGUAGES)]
    if draft.setup:
        lines += ["", "[setup]", f"script = {_block(draft.setup)}"]
    for check, script in draft.checks.items():
        lines += ["", f"[checks.{check}.script]", f"run = {_block(script)}"]
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    # A JSON text is a TOML text, but for one character that only TOML wants written as a number.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _texts(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"


def _block(text: str) -> str:
    """A text of several lines."""
    inner = text.replace("\\", "\\\\")
    # Three marks in a row would end it, and so would one before the closing three.
    inner = re.sub(r'"(?="|\Z)', r'\\"', inner)
    inner = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", lambda c: f"\\u{ord(c[0]):04X}", inner)
    return f'"""\n{inner}"""'
