"""Local days and months of IANA time zones, as UTC instants (rules T1, T3, T7)."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import pytz

from ..exceptions import UnknownTimezone

Zone = str | tzinfo
_NOT_PLACES = ("right/", "posix/")
_NOT_ZONES = {"Factory", "localtime", "posixrules"}
_SCAN_STEP = timedelta(hours=6)
#: The first and last instants that can be told in UTC.
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """The names that rule T7 accepts."""
    names = available_timezones()
    return frozenset(n for n in names if n not in _NOT_ZONES and not n.startswith(_NOT_PLACES))


def zone_name(zone: Zone) -> str:
    """The IANA name of a zone given by name, as ``ZoneInfo`` or as a pytz object.

    Raises ``UnknownTimezone`` if it has none or the name is not known here.
    """
    name: object = zone
    if isinstance(zone, ZoneInfo):
        name = zone.key
    elif isinstance(zone, pytz.tzinfo.BaseTzInfo) or zone is pytz.utc:
        name = zone.zone
    elif zone is UTC:
        name = "UTC"
    if not isinstance(name, str) or name not in known_zones():
        raise UnknownTimezone(f"{zone!r} is not a time zone known here; use an IANA name, say Europe/Berlin")
    return name


def as_zone(zone: Zone) -> ZoneInfo:
    """The ``ZoneInfo`` of a zone. Raises ``UnknownTimezone``."""
    return zone if isinstance(zone, ZoneInfo) and zone.key in known_zones() else _zone_info(zone_name(zone))


@lru_cache(maxsize=1024)
def _zone_info(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local_date(instant: datetime, zone: Zone) -> date:
    """The local date that an aware instant bears in a zone (rule T1)."""
    return _aware(instant).astimezone(as_zone(zone)).date()


def as_utc(instant: datetime) -> datetime:
    """An aware instant in UTC. Raises ``ValueError`` if it is naive."""
    return instant if instant.tzinfo is UTC else _aware(instant).astimezone(UTC)


def day_bounds(date: date, zone: Zone) -> tuple[datetime, datetime]:
    """Start and end of a local day as UTC instants, half-open; equal if it was skipped (rule T3)."""
    info = as_zone(zone)
    return day_start(date, info), day_start(date + _DAY, info)


def month_bounds(date: date, zone: Zone) -> tuple[datetime, datetime]:
    """Start and end, as UTC instants, half-open, of the local month in which a date lies."""
    info = as_zone(zone)
    first = date.replace(day=1)
    return day_start(first, info), day_start(next_month(first), info)


def next_month(day: date) -> date:
    """The first date of the month after the one in which ``day`` lies."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


@lru_cache(maxsize=65_536)
def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant that bears the local date ``day`` or, if it was skipped, a later one (rule T3)."""
    midnight = datetime.combine(day, time(), zone)
    try:
        start = midnight.astimezone(UTC)
    except OverflowError:
        return _end_of_calendar(day)
    if start.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return start
    return _first_instant_of(day, zone, midnight.replace(fold=1).astimezone(UTC), start)


def _end_of_calendar(day: date) -> datetime:
    """Stands for a midnight that lies beyond: the first date begins before the first instant, east of UTC."""
    return FIRST if day.year == 1 else LAST


def _first_instant_of(day: date, zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Midnight lies in a gap: the clock jumps somewhere in ``(low, high]``, found by halving seconds."""
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        if middle.astimezone(zone).date() >= day:
            high = middle
        else:
            low = middle
    return low if low.astimezone(zone).date() >= day else high


def starts_after(now: datetime, day: date, zone: ZoneInfo) -> datetime:
    """The next instant after ``now`` at which a date to come begins: its second midnight if it has been."""
    start = day_start(day, zone)
    return start if start > now else _last_midnight(day, zone)


def date_returns(now: datetime, today: date, zone: ZoneInfo) -> datetime | None:
    """The instant at which yesterday's date comes back because the clock is set back over midnight.

    St. John's did so at 00:01 until 2011: the new date held for a minute, and again an hour later.
    """
    if _last_midnight(today, zone) <= now:
        return None
    change = offset_segment(as_utc(now), zone)[1]
    return change if local_date(change, zone) < today else None


@lru_cache(maxsize=65_536)
def _last_midnight(day: date, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(day, time(), zone).replace(fold=1).astimezone(UTC)
    except OverflowError:
        return _end_of_calendar(day)


def offset_segment(instant: datetime, zone: ZoneInfo) -> tuple[timedelta, datetime]:
    """The UTC offset in force at a UTC instant, and a later instant up to which it is certain to hold."""
    starts, offsets, end = _segments(zone, instant.year)
    index = bisect_right(starts, instant) - 1
    return offsets[index], starts[index + 1] if index + 1 < len(starts) else end


@lru_cache(maxsize=4096)
def _segments(zone: ZoneInfo, year: int) -> tuple[list[datetime], list[timedelta], datetime]:
    """The stretches of a UTC year in which the offset stays the same: their starts, offsets, the year's end.

    No zone has changed its clock twice within six hours, so probing that often finds every change.
    """
    instant = datetime(year, 1, 1, tzinfo=UTC)
    end = datetime(year + 1, 1, 1, tzinfo=UTC)
    starts, offsets = [instant], [_offset(instant, zone)]
    while instant < end:
        later = min(instant + _SCAN_STEP, end)
        if _offset(later, zone) != offsets[-1]:
            change = _change_between(instant, later, zone)
            if change < end:
                starts.append(change)
                offsets.append(_offset(change, zone))
        instant = later
    return starts, offsets, end


def _change_between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    before = _offset(low, zone)
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _aware(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError(f"{instant!r} has no time zone; pass an aware datetime")
    return instant
