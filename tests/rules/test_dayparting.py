from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
import pytz
from hypothesis import given, settings
from hypothesis import strategies as st

from django_adbudget.exceptions import UnknownTimezone
from django_adbudget.rules import WeeklyWindows, Window, day_bounds

from .oracle import MIDNIGHT, MINUTE, RawWindows, Union, is_open, next_change
from .places import DATES_COME_BACK, examples, instants, zone_names
from .strategies import built, dates, raw_windows

MONDAY = date(2024, 1, 1)
MICROSECOND = timedelta(microseconds=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@given(st.data(), zone_names, raw_windows())
def test_contains_says_what_the_rule_says(data: st.DataObject, zone: str, windows: RawWindows) -> None:
    ours, info = built(windows), ZoneInfo(zone)
    for instant in data.draw(st.lists(instants(zone), min_size=1, max_size=10)):
        expected = Union(windows).is_open(instant.astimezone(info))
        assert ours.contains(instant, zone) == expected
        assert ours.contains(instant.astimezone(info), info) == expected
        assert ours.contains(instant.astimezone(ZoneInfo("Asia/Tokyo")), pytz.timezone(zone)) == expected


@settings(max_examples=examples(0.25))
@given(raw_windows())
def test_every_minute_of_a_week(windows: RawWindows) -> None:
    """2024-01-01 was a Monday; in UTC nothing but the rule itself is at work."""
    ours = built(windows)
    for number in range(7 * 24 * 60):
        instant = utc(2024, 1, 1) + number * MINUTE
        weekday, clock = number // 1440, time(number // 60 % 24, number % 60)
        assert ours.contains(instant, UTC) == any(is_open(window, weekday, clock) for window in windows)


@settings(max_examples=examples(2))
@given(st.data(), zone_names, raw_windows())
def test_next_change_is_the_first_minute_that_differs(data: st.DataObject, zone: str, windows: RawWindows) -> None:
    instant = data.draw(instants(zone))
    ours = built(windows)
    change = ours.next_change(instant, zone)
    assert change == next_change(windows, zone, instant)
    if change is not None:
        assert change.tzinfo is UTC
        assert ours.contains(change, zone) != ours.contains(change - MICROSECOND, zone)
        assert ours.next_change(change - MICROSECOND, zone) == change
        assert ours.next_change(change, zone) != change


@given(zone_names, raw_windows(), dates)
def test_intervals_are_the_open_part_of_a_day(zone: str, windows: RawWindows, day: date) -> None:
    ours = built(windows)
    start, end = day_bounds(day, zone)
    intervals = ours.intervals(day, zone)
    edges = [edge for interval in intervals for edge in interval]
    assert edges == sorted(set(edges)), "merged, in order, none empty"
    assert all(start <= edge <= end for edge in edges)
    probed = 0
    for number in range((end - start) // MINUTE):
        instant = start + number * MINUTE
        expected = any(a <= instant < b for a, b in intervals)
        if number % 11 == 0 or instant in edges or instant + MINUTE in edges:
            assert Union(windows).is_open(instant.astimezone(ZoneInfo(zone))) == expected
            probed += 1
    assert probed or start == end


@given(raw_windows(), raw_windows(), st.randoms())
def test_windows_are_equal_where_their_union_is(windows: RawWindows, others: RawWindows, random: Random) -> None:
    ours, shuffled = built(windows), [*windows, *windows]
    random.shuffle(shuffled)
    assert ours == built(shuffled)
    assert hash(ours) == hash(built(shuffled))
    assert pickle.loads(pickle.dumps(ours)) == ours
    assert bool(ours) == bool(windows)
    minutes = [(day, time(hour, minute)) for day in range(7) for hour in range(24) for minute in range(60)]
    same = all(
        any(is_open(window, *at) for window in windows) == any(is_open(window, *at) for window in others)
        for at in minutes
    )
    assert (ours == built(others)) == same


def at(zone: str, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("window", "last_shut", "first_open", "last_open", "first_shut"),
    [
        # Monday 22:15 to Tuesday 06:30
        ((0, time(22, 15), time(6, 30)), (1, 22, 14), (1, 22, 15), (2, 6, 29), (2, 6, 30)),
        # Sunday into Monday
        ((6, time(22), time(2)), (7, 21, 59), (7, 22, 0), (8, 1, 59), (8, 2, 0)),
        # until midnight at the end of the day
        ((2, time(18), MIDNIGHT), (3, 17, 59), (3, 18, 0), (3, 23, 59), (4, 0, 0)),
        ((6, time(18), MIDNIGHT), (7, 17, 59), (7, 18, 0), (7, 23, 59), (8, 0, 0)),
        # the whole day
        ((3, MIDNIGHT, MIDNIGHT), (3, 23, 59), (4, 0, 0), (4, 23, 59), (5, 0, 0)),
        ((6, MIDNIGHT, MIDNIGHT), (6, 23, 59), (7, 0, 0), (7, 23, 59), (8, 0, 0)),
        # one minute, and all but one
        ((4, time(12), time(12, 1)), (5, 11, 59), (5, 12, 0), (5, 12, 0), (5, 12, 1)),
        ((4, time(12, 1), time(12)), (5, 12, 0), (5, 12, 1), (6, 11, 59), (6, 12, 0)),
        ((0, MIDNIGHT, time(0, 1)), (7, 23, 59), (8, 0, 0), (8, 0, 0), (8, 0, 1)),
    ],
)
def test_the_edges_of_a_window(
    window: tuple[int, time, time],
    last_shut: tuple[int, int, int],
    first_open: tuple[int, int, int],
    last_open: tuple[int, int, int],
    first_shut: tuple[int, int, int],
) -> None:
    windows = built([window])
    zone = "Asia/Kathmandu"
    moments = [at(zone, 2024, 1, *moment) for moment in (last_shut, first_open, last_open, first_shut)]
    assert [windows.contains(moment, zone) for moment in moments] == [False, True, True, False]
    last = moments[2] + MINUTE - MICROSECOND
    assert windows.contains(last, zone), "seconds of the last minute belong to it"
    assert windows.next_change(moments[0], zone) == moments[1]
    assert windows.next_change(moments[1], zone) == moments[3] == windows.next_change(last, zone)


def test_a_window_does_not_occur_in_a_gap() -> None:
    """Berlin, 2024-03-31: 02:00 is followed by 03:00."""
    zone, only = "Europe/Berlin", built([(6, time(2, 15), time(2, 45))])
    assert only.intervals(date(2024, 3, 31), zone) == []
    assert only.next_change(at(zone, 2024, 3, 24, 12), zone) == at(zone, 2024, 4, 7, 2, 15)
    across = built([(6, time(1, 30), time(2, 30)), (6, time(2, 45), time(3, 15))])
    assert across.intervals(date(2024, 3, 31), zone) == [(utc(2024, 3, 31, 0, 30), utc(2024, 3, 31, 1, 15))]


def test_a_window_occurs_twice_in_a_fold() -> None:
    """Berlin, 2024-10-27: 02:59 is followed by 02:00."""
    twice = built([(6, time(2, 15), time(2, 45))])
    assert twice.intervals(date(2024, 10, 27), "Europe/Berlin") == [
        (utc(2024, 10, 27, 0, 15), utc(2024, 10, 27, 0, 45)),
        (utc(2024, 10, 27, 1, 15), utc(2024, 10, 27, 1, 45)),
    ]
    assert built([(6, time(1), time(2, 30))]).intervals(date(2024, 10, 27), "Europe/Berlin") == [
        (utc(2024, 10, 26, 23), utc(2024, 10, 27, 0, 30)),
        (utc(2024, 10, 27, 1), utc(2024, 10, 27, 1, 30)),
    ]


def test_a_window_that_closes_where_the_clock_is_changed() -> None:
    """Havana, 2024-03-10: midnight is skipped; Saturday's window ends at 01:00 and Sunday's begins there."""
    zone = "America/Havana"
    saturday = built([(5, time(20), MIDNIGHT)])
    assert saturday.next_change(at(zone, 2024, 3, 9, 22), zone) == utc(2024, 3, 10, 5)
    both = built([(5, time(20), MIDNIGHT), (6, MIDNIGHT, time(3))])
    assert both.next_change(at(zone, 2024, 3, 9, 22), zone) == at(zone, 2024, 3, 10, 3)
    assert built([(6, MIDNIGHT, time(0, 30))]).intervals(date(2024, 3, 10), zone) == []


def test_a_skipped_date_has_no_windows_but_the_night_before_it_ends_the_day_after() -> None:
    """Apia went from Thursday 2011-12-29 to Saturday 2011-12-31."""
    zone = "Pacific/Apia"
    always = built([(day, MIDNIGHT, MIDNIGHT) for day in range(7)])
    assert always.intervals(date(2011, 12, 30), zone) == []
    assert built([(4, MIDNIGHT, MIDNIGHT)]).next_change(at(zone, 2011, 12, 28, 12), zone) == at(zone, 2012, 1, 6)
    # Friday night's window is open on Saturday up to 06:00, though the evening that it began on never was.
    friday = built([(4, time(22), time(6))])
    assert friday.intervals(date(2011, 12, 31), zone) == [(utc(2011, 12, 30, 10), utc(2011, 12, 30, 16))]


def test_always_and_never_do_not_change() -> None:
    week = [(day, MIDNIGHT, MIDNIGHT) for day in range(7)]
    cut = [(day, time(7), time(19)) for day in range(7)] + [(day, time(19), time(7)) for day in range(7)]
    for windows in (built(week), built(cut)):
        assert windows == built(week)
        assert windows.next_change(utc(2024, 3, 30), "Europe/Berlin") is None
        assert windows.intervals(date(2024, 3, 31), "Europe/Berlin") == [(utc(2024, 3, 30, 23), utc(2024, 3, 31, 22))]
    never = WeeklyWindows(())
    assert never.next_change(utc(2024, 3, 30), "Europe/Berlin") is None
    assert never.intervals(date(2024, 3, 31), "Europe/Berlin") == []
    assert not never
    assert built(week)


def test_windows_that_meet_at_the_end_of_the_week_are_one() -> None:
    windows = built([(6, time(12), MIDNIGHT), (0, MIDNIGHT, time(12))])
    assert windows == built([(6, time(12), time(23)), (6, time(22), time(12))])
    assert windows.next_change(utc(2024, 1, 7, 13), "UTC") == utc(2024, 1, 8, 12)


@pytest.mark.parametrize("day", [-1, 7, 70, None, "0", 1.5])
def test_a_weekday_is_0_to_6(day: int) -> None:
    with pytest.raises(ValueError, match="day_of_week must be 0"):
        Window(day, time(9), time(17))


@pytest.mark.parametrize("clock", [time(0, 1), time(9), time(23, 59)])
def test_an_empty_window_is_refused(clock: time) -> None:
    with pytest.raises(ValueError, match="is empty"):
        Window(0, clock, clock)
    assert Window(0, MIDNIGHT, MIDNIGHT).minutes == (0, 1440)


@pytest.mark.parametrize(
    "clock",
    [time(9, 0, 1), time(9, 0, 0, 1), time(9, tzinfo=UTC), "09:00", 9, None, datetime(2024, 1, 1, 9), timedelta(hours=9)],  # noqa: DTZ001, E501
    ids=repr,
)  # fmt: skip
def test_the_edges_are_plain_wall_clock_minutes(clock: time) -> None:
    with pytest.raises(ValueError, match="start must be"):
        Window(0, clock, time(17))
    with pytest.raises(ValueError, match="end must be"):
        Window(0, time(8), clock)


def test_a_naive_instant_is_refused_and_not_read_by_the_machines_clock() -> None:
    windows, naive = built([(0, time(9), time(17))]), datetime(2024, 1, 1, 12)  # noqa: DTZ001
    with pytest.raises(ValueError, match="aware"):
        windows.contains(naive, "UTC")
    with pytest.raises(ValueError, match="aware"):
        windows.next_change(naive, "UTC")


@pytest.mark.parametrize("zone", ["Mars/Phobos", "right/UTC", ""])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    windows = built([(0, time(9), time(17))])
    for use in (windows.contains, windows.next_change):
        with pytest.raises(UnknownTimezone):
            use(utc(2024, 1, 1), zone)
    with pytest.raises(UnknownTimezone):
        windows.intervals(MONDAY, zone)


def test_dates_come_back_where_they_are_said_to() -> None:
    """The exception made for them elsewhere is no wider than it must be."""
    for zone in DATES_COME_BACK:
        days = [date(2007, 1, 1) + timedelta(days=number) for number in range(6 * 366)]
        bounds = {day: day_bounds(day, zone) for day in days}
        info = ZoneInfo(zone)
        hours = (start + timedelta(minutes=5 + 30 * half) for start, _ in bounds.values() for half in range(6))
        returned = [hour for hour in hours if not _within(hour, bounds.get(hour.astimezone(info).date()))]
        assert returned, zone


def _within(instant: datetime, bounds: tuple[datetime, datetime] | None) -> bool:
    return bounds is None or bounds[0] <= instant < bounds[1]
