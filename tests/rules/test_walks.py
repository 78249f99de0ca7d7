"""Days and windows against the walk of UTC minutes, at every change of the clock and ends of months."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, pairwise
from random import SystemRandom

import pytest

from django_adbudget.rules import day_bounds, local_date, month_bounds

from .oracle import DAY, MIDNIGHT, MINUTE, RawWindow, RawWindows, Walk, turns
from .places import HOUR, THOROUGH, YEARS, ZONES, clock_changes
from .strategies import ODD_TIMES, built

REACH = timedelta(days=3)
MONTH_ENDS = [datetime(year, month, 1, tzinfo=UTC) for year in YEARS for month in range(1, 13)]
# All of them take minutes; a few of each zone, other ones each time, are enough for a daily run.
MONTH_ENDS_TRIED = len(MONTH_ENDS) if THOROUGH else 4
# A number that shares no factor with an hour comes by every minute of it.
STRIDE = 1 if THOROUGH else 7
# Other windows on each run; an assertion that fails names them.
RANDOM = SystemRandom()
SETS = 20 if THOROUGH else 5


def random_windows() -> RawWindows:
    windows: list[RawWindow] = []
    while len(windows) < 6:
        start, end = RANDOM.choice(ODD_TIMES), RANDOM.choice(ODD_TIMES)
        if start != end or start == MIDNIGHT:
            windows.append((RANDOM.randrange(7), start, end))
    return windows


def check(walk: Walk, windows: RawWindows) -> None:
    check_days(walk)
    check_windows(walk, windows)


def check_days(walk: Walk) -> None:
    starts = walk.day_starts
    for day, start in starts.items():
        if day + DAY in starts:
            assert day_bounds(day, walk.zone) == (start, starts[day + DAY]), (walk, day)
        if day.day == 1:
            assert month_bounds(day, walk.zone)[0] == start, (walk, day)
            assert month_bounds(day - DAY, walk.zone)[1] == start, (walk, day)


def check_windows(walk: Walk, windows: RawWindows) -> None:
    ours = built(windows)
    is_open = walk.open_minutes(windows)
    changes = turns(is_open)
    at = walk.start
    for change in (walk.minutes[index] for index in changes):
        assert ours.next_change(at, walk.zone) == change, (walk, windows, at)
        halfway = at + (change - at) / 2
        assert ours.next_change(halfway, walk.zone) == change, (walk, windows, halfway)
        at = change
    after = ours.next_change(at, walk.zone)
    assert after is None or after >= walk.end, (walk, windows, at)
    for index in minutes_of_interest(walk, changes):
        minute = walk.minutes[index]
        assert ours.contains(minute, walk.zone) == is_open[index], (walk, windows, minute)
        assert local_date(minute, walk.zone) == walk.dates[index], (walk, minute)
    check_intervals(walk, windows, is_open, {walk.minutes[index] for index in changes})


def check_intervals(walk: Walk, windows: RawWindows, is_open: list[bool], changes: set[datetime]) -> None:
    """The minutes that are open, cut at the days' starts."""
    ours = built(windows)
    starts = walk.day_starts
    for day, start in starts.items():
        if day + DAY not in starts:
            continue
        end = starts[day + DAY]
        edges = sorted({start, end, *(change for change in changes if start < change < end)})
        stretches = pairwise(edges)
        expected = [(a, b) for a, b in stretches if is_open[(a - walk.start) // MINUTE]]
        assert ours.intervals(day, walk.zone) == expected, (walk, windows, day)


def minutes_of_interest(walk: Walk, changes: list[int]) -> Iterator[int]:
    yield from range(0, len(walk.minutes), STRIDE)
    for index in changes:
        yield from (index - 1, index)
    middle = len(walk.minutes) // 2
    yield from range(middle - 120, middle + 120)


@pytest.mark.parametrize("zone", ZONES)
def test_around_every_change_of_the_clock(zone: str) -> None:
    windows = cycle([random_windows() for _ in range(SETS)])
    for change in clock_changes(zone):
        check(Walk(zone, change - REACH, change + REACH + HOUR), next(windows))


@pytest.mark.parametrize("zone", ZONES)
def test_around_the_ends_of_months(zone: str) -> None:
    windows = cycle([random_windows() for _ in range(SETS)])
    for month in RANDOM.sample(MONTH_ENDS, MONTH_ENDS_TRIED):
        check(Walk(zone, month - REACH, month + REACH), next(windows))


def test_a_thorough_run_is_thorough() -> None:
    assert THOROUGH == (os.environ.get("HYPOTHESIS_PROFILE") == "thorough") == (len(MONTH_ENDS) == MONTH_ENDS_TRIED)


def test_the_walks_meet_the_changes_that_they_are_for() -> None:
    """A look at every hour that found nothing would pass all of the above."""
    counts = {zone: sum(change.year < 2025 for change in clock_changes(zone)) for zone in ZONES}
    assert counts["America/New_York"] == counts["America/Havana"] == counts["Australia/Lord_Howe"] == 36
    assert counts["Africa/Casablanca"] == 47
    assert counts["Asia/Pyongyang"] == 2
    assert counts["Asia/Tokyo"] == counts["UTC"] == counts["Asia/Kathmandu"] == 0
