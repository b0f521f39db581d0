"""Which paragraph of a step's translation is behind.

A draft remembers pairs of paragraphs, by their hashes, that said the same when they were saved.
Later a pair of which only one half is still there shows that the other half has moved on.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from lessons import blocks, library
from lessons.format import LANGUAGES

Pairs = list[list[str]]

#: What is the same in every language: fenced and inline code, the marks of blocks, addresses.
_NO_WORDS = re.compile(
    r"^(`{3,})[^\n]*\n.*?^\1`*[^\S\n]*$|^:::[^\n]*$|(`+)[^`]+\2|\]\([^)\n]{0,500}\)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Paragraph:
    """A block of a step, with its first line."""

    line: int
    text: str
    is_code: bool

    @property
    def has_words(self) -> bool:
        """Whether there is something to translate, beyond code and names."""
        return not self.is_code and any(map(str.isalpha, _NO_WORDS.sub("", self.text)))

    @property
    def digest(self) -> str:
        """Of what it says, however its lines are broken."""
        return hashlib.sha256(" ".join(self.text.split()).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Behind:
    """A paragraph of a file that does not say what the other language's does."""

    file: str
    line: int
    why: str  # missing, behind, untranslated


def paragraphs(source: str) -> list[Paragraph]:
    """The blocks of a step in their order."""
    lines = source.splitlines()
    found = []
    for token in blocks.read(source).tokens:
        if token.level == 0 and token.nesting >= 0 and token.map:
            start, end = token.map
            text = "\n".join(lines[start:end])
            found.append(Paragraph(start + 1, text, token.type in ("fence", "code_block")))
    return found


def _aligned(
    one: list[Paragraph], two: list[Paragraph], known: Pairs
) -> Iterator[tuple[Paragraph | None, Paragraph | None]]:
    """Pairs of paragraphs: those known as pairs first, between them by their order."""
    left = {first: number for number, (first, _) in enumerate(known)}
    right = {second: number for number, (_, second) in enumerate(known)}
    # What has no pair matches nothing: its own number, below zero, differs on either side.
    a = [left.get(each.digest, -2 * n - 1) for n, each in enumerate(one)]
    b = [right.get(each.digest, -2 * n - 2) for n, each in enumerate(two)]
    for what, i, i_end, j, j_end in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if what == "equal":
            yield from zip(one[i:i_end], two[j:j_end], strict=True)
            continue
        for n in range(max(i_end - i, j_end - j)):
            first = one[i + n] if i + n < i_end else None
            yield first, (two[j + n] if j + n < j_end else None)


def state(files: Mapping[str, str], remembered: Mapping[str, Pairs]) -> list[Behind]:
    """All paragraphs that are behind, of all steps."""
    found: list[Behind] = []
    for step, (one, two) in _steps(files).items():
        known = remembered.get(step, [])
        firsts, seconds = {pair[0] for pair in known}, {pair[1] for pair in known}
        names = [f"{step}.{language}.md" for language in LANGUAGES]
        for first, second in _aligned(one, two, known):
            if first is None or second is None:
                there = first or second
                assert there
                at = _line_in(two if second is None else one, there.line)
                found.append(Behind(names[1] if second is None else names[0], at, "missing"))
            elif [first.digest, second.digest] in known or first.is_code:
                continue
            elif first.text == second.text and first.has_words:
                found.append(Behind(names[1], second.line, "untranslated"))
            elif first.digest in firsts and second.digest not in seconds:
                found.append(Behind(names[0], first.line, "behind"))
            elif second.digest in seconds and first.digest not in firsts:
                found.append(Behind(names[1], second.line, "behind"))
    return found


def _line_in(paragraphs: list[Paragraph], line: int) -> int:
    """Where in the shorter file a paragraph of the longer one would be."""
    before = [each.line for each in paragraphs if each.line <= line]
    return before[-1] if before else 1


def remember(
    files: Mapping[str, str], remembered: Mapping[str, Pairs], settle: str = ""
) -> dict[str, Pairs]:
    """The pairs to remember now: those that say the same, and old ones of which a half is left.

    Where both halves are new they were written together. ``settle`` is a step whose two files are
    said to be the same all through.
    """
    found: dict[str, Pairs] = {}
    for step, (one, two) in _steps(files).items():
        known = remembered.get(step, [])
        firsts, seconds = {pair[0] for pair in known}, {pair[1] for pair in known}
        kept: Pairs = []
        for first, second in _aligned(one, two, known):
            if first is None or second is None:
                continue
            pair = [first.digest, second.digest]
            both_new = first.digest not in firsts and second.digest not in seconds
            same = first.text == second.text and first.has_words
            if step == settle or pair in known or (both_new and not same):
                kept.append(pair)
        if step != settle:
            here = {each.digest for each in one} | {each.digest for each in two}
            halves = [pair for pair in known if here & set(pair) and pair not in kept]
            kept += halves
        found[step] = kept
    return found


def _steps(files: Mapping[str, str]) -> dict[str, tuple[list[Paragraph], list[Paragraph]]]:
    steps = sorted({named[0] for name in files if (named := library.step_file(name))})
    return {
        step: (
            paragraphs(files.get(f"{step}.{LANGUAGES[0]}.md", "")),
            paragraphs(files.get(f"{step}.{LANGUAGES[1]}.md", "")),
        )
        for step in steps
    }
