from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from playground.hub.inputs import KEPT_PAGES, SIZE, InputCounts

PAGES = [f"{number:016x}" for number in range(KEPT_PAGES + 1)]


def test_a_page_that_comes_back_is_told_what_was_taken() -> None:
    counts = InputCounts(bytearray(SIZE))
    first, second = object(), object()
    assert counts.enter(PAGES[0], first) is None
    counts.take(PAGES[0], 10)
    counts.wrote(4)
    assert counts.written(PAGES[0]) == 4
    assert counts.enter(PAGES[0], second) == 10
    # What the old connection still brings is sent again by the new one.
    assert not counts.takes_from(PAGES[0], first)
    assert counts.takes_from(PAGES[0], second)


def test_the_next_hub_knows_what_was_written_and_no_more() -> None:
    memory = bytearray(SIZE)
    counts = InputCounts(memory)
    counts.enter(PAGES[0], object())
    counts.take(PAGES[0], 10)
    counts.wrote(7)
    assert InputCounts(memory).enter(PAGES[0], object()) == 7


def test_a_page_without_a_name_is_not_counted() -> None:
    counts = InputCounts(bytearray(SIZE))
    for name in ("", "x", "../../etc", "A" * 16):
        assert counts.enter(name, object()) is None
        counts.take(name, 5)
        counts.wrote(5)
        assert counts.taken(name) == 0
        assert counts.takes_from(name, object())


def test_only_the_last_pages_are_kept_and_none_is_shut_out() -> None:
    counts = InputCounts(bytearray(SIZE))
    holders = [object() for _ in PAGES]
    for page, holder in zip(PAGES, holders, strict=True):
        counts.enter(page, holder)
        counts.take(page, 1)
        counts.wrote(1)
    assert counts.takes_from(PAGES[0], holders[0])
    assert counts.enter(PAGES[0], holders[0]) is None
    assert counts.enter(PAGES[-1], holders[-1]) == 1


@given(st.lists(st.tuples(st.sampled_from(PAGES[:3]), st.integers(1, 50)), max_size=20), st.data())
def test_each_page_is_counted_for_itself(taken: list[tuple[str, int]], data: st.DataObject) -> None:
    counts = InputCounts(bytearray(SIZE))
    for page in PAGES[:3]:
        counts.enter(page, object())
    for page, length in taken:
        counts.take(page, length)
    whole = "".join(page[-1] * length for page, length in taken)
    written = data.draw(st.integers(0, len(whole)))
    counts.wrote(written)
    for page in PAGES[:3]:
        assert counts.written(page) == whole[:written].count(page[-1])
        assert counts.taken(page) == whole.count(page[-1])
