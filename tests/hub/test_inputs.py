from __future__ import annotations

from playground.hub.inputs import KEPT_PAGES, InputCounts


def test_a_page_that_comes_back_is_told_what_was_taken() -> None:
    counts = InputCounts()
    first, second = object(), object()
    assert counts.enter("page", first) is None
    counts.add("page", 10)
    assert counts.enter("page", second) == 10
    # What the old connection still brings is sent again by the new one.
    assert not counts.takes_from("page", first)
    assert counts.takes_from("page", second)


def test_a_page_without_a_name_is_not_counted() -> None:
    counts = InputCounts()
    assert counts.enter("", object()) is None
    counts.add("", 5)
    assert counts.count("") == 0
    assert counts.takes_from("", object())


def test_only_the_last_pages_are_kept_and_none_is_shut_out() -> None:
    counts = InputCounts()
    holders = [object() for _ in range(KEPT_PAGES + 1)]
    for number, holder in enumerate(holders):
        counts.enter(str(number), holder)
        counts.add(str(number), 1)
    assert counts.takes_from("0", holders[0])
    assert counts.enter("0", holders[0]) is None
    assert counts.enter(str(KEPT_PAGES), holders[-1]) == 1
