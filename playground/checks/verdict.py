"""What came of a check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

#: A student's engine may hold names of any length; a sentence needs no more than this.
_TEXT = 80


@dataclass(frozen=True)
class Missing:
    """One thing that is not as asked for: a code, and what its sentence names.

    The sentences of the codes are the page's, in its language.
    """

    code: str
    params: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, code: str, /, **params: object) -> Missing:
        """Make one, its texts cut to what a sentence needs."""
        return cls(code, {name: _short(value) for name, value in params.items()})


@dataclass(frozen=True)
class Verdict:
    """Whether a check holds, if it nearly does, and what is missing."""

    ok: bool
    #: The thing itself is there, though not as asked for: worth telling the student.
    near: bool = False
    missing: tuple[Missing, ...] = ()


HOLDS = Verdict(True)


def missing(problems: Iterable[Missing | None], *, near: bool = True) -> Verdict:
    """Holds if there is no problem."""
    found = tuple(problem for problem in problems if problem)
    return Verdict(False, near, found) if found else HOLDS


def absent(code: str, **params: object) -> Verdict:
    """The thing itself is not there."""
    return Verdict(False, False, (Missing.of(code, **params),))


def all_of(verdicts: list[Verdict]) -> Verdict:
    """Holds if all do; nearly holds as soon as one of them does or nearly does."""
    if all(verdict.ok for verdict in verdicts):
        return HOLDS
    problems = tuple(each for verdict in verdicts for each in verdict.missing)
    return Verdict(False, any(verdict.ok or verdict.near for verdict in verdicts), problems)


def _short(value: object) -> str:
    text = "".join(c if c.isprintable() else "\ufffd" for c in str(value)[: _TEXT + 1])
    return text if len(text) <= _TEXT else text[:_TEXT] + "…"
