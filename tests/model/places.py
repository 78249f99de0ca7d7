"""Zones that are hard on budgets, and the instants at which they are hardest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Honolulu",
    "Pacific/Kiritimati",
)
#: Up to mid-2026: from then on releases of tz data differ on what Havana and others will do.
BEGIN, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


@cache
def clock_changes(zone: str) -> tuple[datetime, ...]:
    """The hours within which a zone's clock changes."""
    hours = [BEGIN + n * HOUR for n in range((END - BEGIN) // HOUR)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    changed = (before != after for before, after in pairwise(offsets))
    return tuple(hour for hour, change in zip(hours, changed, strict=False) if change)


@cache
def month_ends(zone: str) -> tuple[datetime, ...]:
    """Hours after which another month is on the wall."""
    days = (datetime(2025, 1, 1, tzinfo=ZoneInfo(zone)) + n * DAY for n in range(1, 540))
    return tuple(day.astimezone(UTC) - HOUR for day in days if day.day == 1)


@st.composite
def beginnings(draw: st.DrawFn, zone: str) -> datetime:
    """An instant within days of a clock change, or of the end of a month."""
    anchors = draw(st.sampled_from([clock_changes(zone) or month_ends(zone), month_ends(zone)]))
    return draw(st.sampled_from(anchors)) + draw(st.integers(-48 * 60, 12 * 60)) * MINUTE
