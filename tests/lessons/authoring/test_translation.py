"""Which paragraph of a translation is behind."""

from __future__ import annotations

from lessons.authoring.translation import Behind, Pairs, remember, state

EN, KO = "01-a.en.md", "01-a.ko.md"
ONE = "# Title\n\nFirst.\n\n```run\ndocker ps\n```\n\nSecond.\n"
TWO = "# 제목\n\n하나.\n\n```run\ndocker ps\n```\n\n둘.\n"


def seen(en: str, ko: str, known: dict[str, Pairs]) -> list[Behind]:
    return state({EN: en, KO: ko}, known)


def known(en: str = ONE, ko: str = TWO, before: dict[str, Pairs] | None = None) -> dict[str, Pairs]:
    return remember({EN: en, KO: ko}, before or {})


def test_what_was_written_together_says_the_same() -> None:
    assert seen(ONE, TWO, known()) == []
    assert seen(ONE, TWO, {}) == []


def test_a_paragraph_that_changes_leaves_the_other_behind() -> None:
    changed = ONE.replace("Second.", "Second, anew.")
    assert seen(changed, TWO, known()) == [Behind(KO, 9, "behind")]
    later = known(changed, TWO, known())
    assert seen(changed, TWO, later) == [Behind(KO, 9, "behind")]
    mended = TWO.replace("둘.", "둘, 새로.")
    assert seen(changed, mended, known(changed, mended, later)) == []
    back = remember({EN: ONE, KO: TWO}, later)
    assert seen(ONE, TWO, back) == []


def test_it_goes_both_ways() -> None:
    changed = TWO.replace("하나.", "하나, 새로.")
    assert seen(ONE, changed, known()) == [Behind(EN, 3, "behind")]


def test_one_more_paragraph_shifts_nothing() -> None:
    longer = ONE.replace("First.", "Before.\n\nFirst.")
    assert seen(longer, TWO, known()) == [Behind(KO, 3, "missing")]


def test_broken_lines_change_nothing() -> None:
    assert seen(ONE.replace("# Title\n\nFirst.", "# Title\n\n\nFirst."), TWO, known()) == []


def test_a_text_that_is_the_same_in_both_is_not_translated() -> None:
    same = TWO.replace("둘.", "Second.")
    assert seen(ONE, same, known(ONE, same)) == [Behind(KO, 9, "untranslated")]


def test_who_says_that_it_is_current_is_believed() -> None:
    changed = ONE.replace("First.", "First!")
    settled = remember({EN: changed, KO: TWO}, known(), settle="01-a")
    assert seen(changed, TWO, settled) == []
