"""Which answers an operation may give, for its schema."""

from __future__ import annotations

from typing import Any

from playground.api.problems import ProblemDocument

#: Nobody known, not for this, badly asked, too often.
_ALWAYS = (401, 403, 422, 429)


def answers(good: Any, *others: int, status: int = 200) -> dict[int, Any]:
    """``good`` if all is well, else a problem document."""
    return {status: good} | dict.fromkeys(sorted({*_ALWAYS, *others}), ProblemDocument)
