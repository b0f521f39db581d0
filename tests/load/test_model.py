"""The model finds the lines from which points were made, and says where they end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from load import picture
from load.model import FULL_MEMORY, SLOW_KEY, Point, fit


def _point(students: int) -> Point:
    used = (0.1 + 0.01 * students) / 2
    wait = 4 + 10 * used / (1 - used)
    return Point(students, 500 + 70 * students, 2 * used, wait / 2, wait, 300, 0, 0)


POINTS = [_point(n) for n in (10, 25, 50, 100)]


def test_it_finds_what_the_points_were_made_from() -> None:
    model = fit(POINTS, memory=24_000, cores=2)
    assert (model.memory.base, model.memory.each) == pytest.approx((500, 70))
    assert (model.cores.base, model.cores.each) == pytest.approx((0.1, 0.01))
    assert (model.fixed, model.served) == pytest.approx((4, 10))
    assert model.key_p95(100) == pytest.approx(_point(100).key_p95)


def test_it_says_which_resource_ends_first() -> None:
    model = fit(POINTS, memory=24_000, cores=2)
    breaks = model.breaks()
    assert breaks["memory"] == pytest.approx((FULL_MEMORY * 24_000 - 500) / 70)
    assert model.key_p95(breaks["processors"]) == pytest.approx(SLOW_KEY)
    assert breaks["processors"] < breaks["memory"]
    assert model.machines(1000) == 6
    assert fit(POINTS, memory=2_000, cores=2).breaks()["memory"] < 20


def test_what_is_more_than_the_processors_takes_for_ever() -> None:
    assert fit(POINTS, memory=24_000, cores=2).key_p95(400) == float("inf")


def test_two_numbers_are_no_model() -> None:
    with pytest.raises(ValueError, match="three"):
        fit(POINTS[:2] * 2, 1000, 2)


def test_the_picture_shows_each_point() -> None:
    drawn = picture.draw(POINTS, fit(POINTS, 24_000, 2))
    assert drawn.count("<use ") >= 3 * len(POINTS)
    assert "date" not in drawn.lower()


def test_a_run_without_a_figure_is_no_point() -> None:
    with pytest.raises(ValueError, match="too short"):
        fit([*POINTS, replace(POINTS[0], key_p95=float("nan"))], 24_000, 2)
