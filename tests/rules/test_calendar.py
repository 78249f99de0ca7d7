from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
import pytz
from hypothesis import given, settings
from hypothesis import strategies as st

from django_adbudget.exceptions import UnknownTimezone
from django_adbudget.rules import as_zone, day_bounds, known_zones, local_date, month_bounds, zone_name

from .oracle import DAY, Walk
from .places import DATES_COME_BACK, YEARS, ZONES, examples, instants, zone_names
from .strategies import dates

MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
# T3 says 22 to 26 hours; Casey's clock, which no advertiser reads, moves by three.
LENGTHS = {"Antarctica/Casey": (21, 27)}


def all_dates() -> Iterator[date]:
    day = date(YEARS.start, 1, 1)
    while day.year < YEARS.stop:
        yield day
        day += DAY


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize("zone", ZONES)
def test_days_follow_each_other_without_gap_or_overlap(zone: str) -> None:
    shortest, longest = LENGTHS.get(zone, (22, 26))
    last_end = day_bounds(date(YEARS.start - 1, 12, 31), zone)[1]
    for day in all_dates():
        start, end = day_bounds(day, zone)
        assert start == last_end, day
        assert start.tzinfo is UTC
        assert start == end or shortest * HOUR <= end - start <= longest * HOUR, day
        if start != end:
            assert local_date(start, zone) == day
        assert local_date(start - MICROSECOND, zone) < day
        last_end = end


@pytest.mark.parametrize("zone", ZONES)
def test_a_month_is_its_days(zone: str) -> None:
    for year in YEARS:
        for month in range(1, 13):
            first = date(year, month, 1)
            last = (first + 31 * DAY).replace(day=1) - DAY
            bounds = (day_bounds(first, zone)[0], day_bounds(last, zone)[1])
            assert {month_bounds(day, zone) for day in (first, date(year, month, 17), last)} == {bounds}


@given(st.data(), zone_names)
def test_the_local_date_is_that_of_the_wall_clock(data: st.DataObject, zone: str) -> None:
    instant = data.draw(instants(zone))
    day = local_date(instant, zone)
    elsewhere = instant.astimezone(timezone(timedelta(hours=-7)))
    assert day == instant.astimezone(ZoneInfo(zone)).date() == local_date(elsewhere, ZoneInfo(zone))
    if zone not in DATES_COME_BACK:
        start, end = day_bounds(day, zone)
        assert start <= instant < end
        first, after = month_bounds(day, zone)
        assert first <= instant < after


@settings(max_examples=examples(0.5))
@given(zone_names, dates)
def test_a_day_starts_at_the_first_minute_that_bears_its_date(zone: str, day: date) -> None:
    noon = datetime.combine(day, time(12), UTC)
    starts = Walk(zone, noon - 2 * DAY, noon + 2 * DAY).day_starts
    assert day_bounds(day, zone) == (starts[day], starts[day + DAY])


@pytest.mark.parametrize(
    ("zone", "day", "start", "end"),
    [
        # Midnight is skipped: the day starts at 01:00.
        ("America/Havana", date(2024, 3, 10), utc(2024, 3, 10, 5), utc(2024, 3, 11, 4)),
        # Midnight comes twice: the first one counts.
        ("America/Havana", date(2024, 11, 3), utc(2024, 11, 3, 4), utc(2024, 11, 4, 5)),
        # The last hour before midnight comes twice.
        ("America/Sao_Paulo", date(2018, 2, 17), utc(2018, 2, 17, 2), utc(2018, 2, 18, 3)),
        ("Africa/Cairo", date(2024, 4, 26), utc(2024, 4, 25, 22), utc(2024, 4, 26, 21)),
        # The day that never was, and those beside it.
        ("Pacific/Apia", date(2011, 12, 29), utc(2011, 12, 29, 10), utc(2011, 12, 30, 10)),
        ("Pacific/Apia", date(2011, 12, 30), utc(2011, 12, 30, 10), utc(2011, 12, 30, 10)),
        ("Pacific/Apia", date(2011, 12, 31), utc(2011, 12, 30, 10), utc(2011, 12, 31, 10)),
        # Midnight in the middle of a gap: 23:30 was followed by 00:30. Nowhere since, but nothing forbids it.
        ("America/Toronto", date(1919, 3, 30), utc(1919, 3, 30, 5), utc(1919, 3, 31, 4, 30)),
        ("America/Toronto", date(1919, 3, 31), utc(1919, 3, 31, 4, 30), utc(1919, 4, 1, 4)),
        ("Australia/Lord_Howe", date(2024, 4, 7), utc(2024, 4, 6, 13), utc(2024, 4, 7, 13, 30)),
        ("Antarctica/Troll", date(2024, 3, 31), utc(2024, 3, 31), utc(2024, 3, 31, 22)),
        ("Antarctica/Troll", date(2024, 10, 27), utc(2024, 10, 26, 22), utc(2024, 10, 28)),
        ("Asia/Kathmandu", date(2024, 2, 29), utc(2024, 2, 28, 18, 15), utc(2024, 2, 29, 18, 15)),
        ("Pacific/Kiritimati", date(2024, 1, 1), utc(2023, 12, 31, 10), utc(2024, 1, 1, 10)),
        # At 00:01 the clock went back to 23:01: the day starts with its first minute.
        ("America/St_Johns", date(2010, 11, 7), utc(2010, 11, 7, 2, 30), utc(2010, 11, 8, 3, 30)),
    ],
)
def test_days_that_are_known(zone: str, day: date, start: datetime, end: datetime) -> None:
    assert day_bounds(day, zone) == (start, end)


def test_a_month_without_its_last_day_but_one() -> None:
    assert month_bounds(date(2011, 12, 5), "Pacific/Apia") == (utc(2011, 12, 1, 10), utc(2011, 12, 31, 10))


def test_the_minute_that_comes_back_bears_the_earlier_date() -> None:
    zone, dates_by_minute = "America/St_Johns", {}
    for minute in (0, 1, 30, 59, 60, 61):
        dates_by_minute[minute] = local_date(utc(2010, 11, 7, 2, 30) + timedelta(minutes=minute), zone).day
    assert dates_by_minute == {0: 7, 1: 6, 30: 6, 59: 6, 60: 7, 61: 7}


@pytest.mark.parametrize("zone", ["Europe/Berlin", ZoneInfo("Europe/Berlin"), pytz.timezone("Europe/Berlin")])
def test_a_naive_instant_has_no_date(zone: str) -> None:
    with pytest.raises(ValueError, match="aware"):
        local_date(datetime(2024, 1, 1), zone)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("America/New_York", "America/New_York"),
        (ZoneInfo("America/New_York"), "America/New_York"),
        (pytz.timezone("America/New_York"), "America/New_York"),
        (pytz.timezone("America/New_York").localize(datetime(2024, 7, 1)).tzinfo, "America/New_York"),  # noqa: DTZ001
        (pytz.timezone("Asia/Kathmandu"), "Asia/Kathmandu"),
        (pytz.utc, "UTC"),
        (UTC, "UTC"),
        ("UTC", "UTC"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("US/Eastern", "US/Eastern"),
    ],
    ids=str,
)
def test_zones_come_in_several_forms(zone: str, name: str) -> None:
    assert zone_name(zone) == name
    assert as_zone(zone) is ZoneInfo(name)
    now = utc(2024, 7, 1, 3, 30)
    assert local_date(now, zone) == local_date(now, name)
    assert day_bounds(date(2024, 7, 1), zone) == day_bounds(date(2024, 7, 1), name)


def test_a_pytz_zone_is_not_four_minutes_off() -> None:
    """``replace(tzinfo=...)`` and Django's ``make_aware`` take the local mean time of 1883 from it."""
    assert day_bounds(date(2024, 1, 1), pytz.timezone("America/New_York"))[0] == utc(2024, 1, 1, 5)


def test_every_zone_of_pytz_that_is_known_keeps_its_name() -> None:
    both = known_zones() & set(pytz.all_timezones)
    assert len(both) > 500
    assert {zone_name(pytz.timezone(name)) for name in both} == both


def _read_as(key: str | None) -> ZoneInfo:
    """A zone that was read from a file, under a name of the caller's choosing or none."""
    data = resources.files("tzdata.zoneinfo.Europe").joinpath("Berlin").read_bytes()
    return ZoneInfo.from_file(io.BytesIO(data), key=key)


@pytest.mark.parametrize(
    "zone",
    [
        "right/Europe/Berlin", "posix/Europe/Berlin", "right/UTC", "Factory", "localtime", "posixrules", "",
        " ", "Mars/Phobos", 5, None, True, b"UTC", ["UTC"], "europe/berlin", "EUROPE/BERLIN",
        "Europe/Berlin ", "Europe", "Europe/", "Europe//Berlin", "Europe/../Europe/Berlin", "../etc/passwd",
        "/etc/passwd", "../../etc/localtime", "/usr/share/zoneinfo/UTC", "Europe/Berlin\0", "UTC+2",
        "+02:00", "zone.tab", "tzdata.zi", "CEST", timezone(timedelta(hours=2)), pytz.FixedOffset(120),
        ZoneInfo("Factory"), _read_as(None), _read_as("Mars/Phobos"),
    ],
    ids=lambda zone: ascii(zone) if isinstance(zone, str) else type(zone).__name__,
)  # fmt: skip
def test_what_is_no_place_is_refused(zone: str) -> None:
    for use in (
        lambda: zone_name(zone),
        lambda: as_zone(zone),
        lambda: local_date(utc(2024, 1, 1), zone),
        lambda: day_bounds(date(2024, 1, 1), zone),
        lambda: month_bounds(date(2024, 1, 1), zone),
    ):
        with pytest.raises(UnknownTimezone, match="is not a time zone known here"):
            use()


def test_the_zones_of_the_walks_are_known() -> None:
    assert set(ZONES) <= known_zones()
    assert len(ZONES) >= 30
