from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_adbudget.rules import as_zone, day_bounds, local_date
from django_adbudget.rules.hours import local_hours
from tests.rules.places import ZONES

MINUTE = timedelta(minutes=1)


def clocks(day: date, zone: str) -> list[str]:
    """What the clock shows where an hour begins, with its offset."""
    return [f"{start.astimezone(as_zone(zone)):%H:%M %z}" for start, _ in local_hours(day, zone)]


def test_an_ordinary_day_has_its_24_hours() -> None:
    hours = local_hours(date(2026, 3, 11), "Asia/Kolkata")
    assert hours[0][0] == datetime(2026, 3, 10, 18, 30, tzinfo=UTC)
    assert [end - start for start, end in hours] == [timedelta(hours=1)] * 24


@pytest.mark.parametrize(
    ("day", "zone", "count", "around"),
    [
        (date(2026, 3, 29), "Europe/Berlin", 23, ["01:00 +0100", "03:00 +0200"]),
        (date(2026, 10, 25), "Europe/Berlin", 25, ["02:00 +0200", "02:00 +0100", "03:00 +0100"]),
        (date(2026, 10, 4), "Australia/Lord_Howe", 24, ["01:00 +1030", "02:30 +1100", "03:00 +1100"]),
        (date(2026, 4, 5), "Australia/Lord_Howe", 25, ["01:00 +1100", "01:30 +1030", "02:00 +1030"]),
        (date(2026, 3, 8), "America/Havana", 23, ["01:00 -0400", "02:00 -0400"]),
        (date(2026, 1, 1), "Asia/Kolkata", 24, ["05:00 +0530", "06:00 +0530"]),
    ],
)
def test_a_day_on_which_the_clock_is_set(day: date, zone: str, count: int, around: list[str]) -> None:
    """T3, T5."""
    found = clocks(day, zone)
    assert len(found) == count
    at = found.index(around[0])
    assert found[at : at + len(around)] == around


def test_a_date_that_never_was_has_no_hours() -> None:
    """T3."""
    assert local_hours(date(2011, 12, 30), "Pacific/Apia") == []


def test_a_date_that_comes_back_keeps_its_minutes_to_itself() -> None:
    """T3: St. John's went back at 00:01, so that the new date held for a minute and returned an hour later."""
    day, zone = date(2010, 11, 7), "America/St_Johns"
    found = local_hours(day, zone)
    assert found[0][1] - found[0][0] == MINUTE
    assert all(local_date(start, zone) == day == local_date(end - MINUTE, zone) for start, end in found)


@given(st.dates(date(2007, 1, 1), date(2037, 12, 30)), st.sampled_from(ZONES))
def test_hours_cover_the_day_without_overlap(day: date, zone: str) -> None:
    """T3: every stretch lies within one hour of the clock."""
    start, end = day_bounds(day, zone)
    hours = local_hours(day, zone)
    assert all(a < b for a, b in hours)
    assert all(before[1] <= after[0] for before, after in pairwise(hours))
    if hours:
        assert hours[-1][1] == end
        assert hours[0][0] == start
    for a, b in hours:
        first, last = (x.astimezone(as_zone(zone)) for x in (a, b - timedelta(microseconds=1)))
        assert (first.date(), first.hour, first.utcoffset()) == (last.date(), last.hour, last.utcoffset())
