"""A week as hours, held to every one of its 10,080 minutes (rule T5)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import pairwise

from hypothesis import given, settings

from django_adbudget.rules import Window
from django_adbudget.rules.week_grid import WHOLE_HOUR, minutes_a_week, week_hours

from .oracle import MIDNIGHT, RawWindows, Union
from .strategies import raw_windows

MONDAY = datetime(2024, 1, 1)  # noqa: DTZ001  a wall clock


def open_minutes(windows: RawWindows) -> set[int]:
    union = Union(windows)
    return {minute for minute in range(7 * 24 * 60) if union.is_open(MONDAY + timedelta(minutes=minute))}


@settings(max_examples=40)
@given(raw_windows())
def test_the_hours_hold_exactly_the_open_minutes(windows: RawWindows) -> None:
    """T5."""
    built = [Window(*window) for window in windows]
    expected = open_minutes(windows)
    shown = [
        (day * 24 + hour) * 60 + minute
        for day, hours in enumerate(week_hours(built))
        for hour, stretches in enumerate(hours)
        for start, end in stretches
        for minute in range(start, end)
    ]
    assert shown == sorted(expected)
    assert minutes_a_week(built) == len(expected)


@given(raw_windows())
def test_hours_that_touch_are_one_stretch(windows: RawWindows) -> None:
    for hours in week_hours(Window(*window) for window in windows):
        assert len(hours) == 24
        for stretches in hours:
            assert all(0 <= start < end <= 60 for start, end in stretches)
            assert all(before[1] < after[0] for before, after in pairwise(stretches))


def test_a_night_from_sunday_reaches_into_monday() -> None:
    """T5."""
    week = week_hours([Window(6, time(22, 15), time(6, 30))])
    assert week[6][22] == ((15, 60),)
    assert week[6][23] == week[0][0] == week[0][5] == WHOLE_HOUR
    assert week[0][6] == ((0, 30),)
    assert week[0][7] == week[6][21] == ()


def test_midnight_to_midnight_is_the_whole_day() -> None:
    """T5."""
    week = week_hours([Window(2, MIDNIGHT, MIDNIGHT)])
    assert set(week[2]) == {WHOLE_HOUR}
    assert minutes_a_week([Window(2, MIDNIGHT, MIDNIGHT), Window(2, time(9), time(12))]) == 24 * 60
