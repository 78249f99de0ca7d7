"""Days and windows against the walk of UTC minutes, at every change of the clock and ends of months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random, SystemRandom

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


def random_windows(random: Random) -> RawWindows:
    windows: list[RawWindow] = []
    while len(windows) < 6:
        start, end = random.choice(ODD_TIMES), random.choice(ODD_TIMES)
        if start != end or start == MIDNIGHT:
            windows.append((random.randrange(7), start, end))
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


def months_tried(random: Random) -> list[datetime]:
    return random.sample(MONTH_ENDS, MONTH_ENDS_TRIED)


@pytest.mark.parametrize("zone", ZONES)
def test_around_every_change_of_the_clock(zone: str) -> None:
    random = SystemRandom()
    for change in clock_changes(zone):
        check(Walk(zone, change - REACH, change + REACH + HOUR), random_windows(random))


@pytest.mark.parametrize("zone", ZONES)
def test_around_the_ends_of_months(zone: str) -> None:
    random = SystemRandom()
    for month in months_tried(random):
        check(Walk(zone, month - REACH, month + REACH), random_windows(random))


def test_the_walks_meet_the_changes_that_they_are_for() -> None:
    """A look at every hour that found nothing would pass all of the above."""
    counts = {zone: len(clock_changes(zone)) for zone in ZONES}
    # Two a year until the year 2025 at least, in each release of tz data.
    assert all(counts[zone] >= 38 for zone in ("America/New_York", "America/Havana", "Australia/Lord_Howe"))
    assert counts["Africa/Casablanca"] >= 60
    assert counts["Pacific/Apia"] >= 20
    assert counts["Asia/Tokyo"] == counts["UTC"] == counts["Asia/Kathmandu"] == 0
