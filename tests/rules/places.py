"""Time zones that have done something odd since 2007, and how much of them a run looks at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st

THOROUGH = settings.get_current_profile_name() == "thorough"
YEARS = range(2007, 2031)
BEGIN = datetime(YEARS.start, 1, 1, tzinfo=UTC)
END = datetime(YEARS.stop, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)

ZONES = (
    "Africa/Cairo",  # changes at midnight; none from 2015 to 2022
    "Africa/Casablanca",  # the clock goes back for Ramadan: four changes a year
    "Africa/El_Aaiun",
    "America/Asuncion",  # at midnight; for good in 2024
    "America/Caracas",  # half an hour in 2007 and 2016
    "America/Goose_Bay",  # at 00:01 until 2011
    "America/Havana",  # midnight is skipped in spring, comes twice in autumn
    "America/New_York",
    "America/Nuuk",
    "America/Sao_Paulo",  # midnight is skipped
    "America/Scoresbysund",  # midnight is skipped; another offset from 2024
    "America/St_Johns",  # at 00:01 until 2011, so that a date came twice; half an hour off
    "America/Vancouver",  # for good in 2026, in one release of tz data and not in the other
    "Antarctica/Casey",  # three hours at once, back over midnight in 2010
    "Antarctica/Troll",  # two hours at once
    "Asia/Amman",
    "Asia/Beirut",  # at midnight
    "Asia/Gaza",  # seldom the same two years running
    "Asia/Kathmandu",  # 5:45
    "Asia/Kolkata",
    "Asia/Pyongyang",  # half an hour in 2015 and 2018
    "Asia/Tehran",  # at midnight, until 2022
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Eucla",  # 8:45
    "Australia/Lord_Howe",  # half an hour of summer time
    "Europe/Berlin",
    "Europe/Dublin",  # summer time is standard, winter time is negative
    "Europe/Istanbul",
    "Europe/London",
    "Europe/Moscow",
    "Europe/Volgograd",
    "Pacific/Apia",  # 2011-12-30 was skipped
    "Pacific/Chatham",  # 12:45 and 13:45
    "Pacific/Easter",
    "Pacific/Fakaofo",  # 2011-12-30 was skipped
    "Pacific/Fiji",
    "Pacific/Honolulu",
    "Pacific/Kiritimati",  # 14:00
    "Pacific/Pago_Pago",  # -11:00
    "UTC",
)
# Where a date came back after the next had begun, so that a day is not one stretch of time.
DATES_COME_BACK = ("America/Goose_Bay", "America/St_Johns", "Antarctica/Casey")


def examples(share: float) -> int:
    """A share of the profile's examples, for tests whose examples are dear."""
    return max(1, round(settings().max_examples * share))


def _offset(instant: datetime, info: ZoneInfo) -> timedelta | None:
    return instant.astimezone(info).utcoffset()


@cache
def clock_changes(zone: str) -> tuple[datetime, ...]:
    """The hours within which the offset from UTC changes: found by looking at every fourth, then at each."""
    info, found = ZoneInfo(zone), []
    quarters = [BEGIN + 4 * HOUR * number for number in range((END - BEGIN) // (4 * HOUR))]
    offsets = [_offset(quarter, info) for quarter in quarters]
    for quarter, before, after in zip(quarters, offsets, offsets[1:], strict=False):
        if before != after:
            hours = [quarter + HOUR * number for number in range(4)]
            found += [hour for hour in hours if _offset(hour, info) != _offset(hour + HOUR, info)]
    return tuple(found)


@st.composite
def instants(draw: st.DrawFn, zone: str) -> datetime:
    """Any instant of those years, more often than chance would have it within a day of a clock change."""
    changes = clock_changes(zone)
    near_a_change: bool = draw(st.booleans())
    if changes and near_a_change:
        near = draw(st.sampled_from(changes))
        return near + timedelta(seconds=draw(st.integers(-86_400, 86_400)))
    if draw(st.booleans()):
        return BEGIN + timedelta(minutes=draw(st.integers(0, (END - BEGIN) // timedelta(minutes=1) - 1)))
    return draw(st.datetimes(BEGIN.replace(tzinfo=None), END.replace(tzinfo=None), timezones=st.just(UTC)))


zone_names = st.sampled_from(ZONES)
