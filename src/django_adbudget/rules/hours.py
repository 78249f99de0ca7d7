"""The hours of a local day, whatever its clock does (rules T3, T5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from .calendar import Zone, as_zone, day_bounds, local_date, offset_segment

_HOUR = timedelta(hours=1)
# A wall-clock anchor, never an instant: UTC moved by a zone's offset is compared with it.
_FULL_HOUR = datetime(2024, 1, 1, tzinfo=UTC)


def local_hours(day: date, zone: Zone) -> list[tuple[datetime, datetime]]:
    """The hours that the clocks of a zone show on a date, in order, as UTC instants, half-open.

    A stretch ends where the clock shows a full hour and where it is set: a day of 23 hours has 23 of them, a
    repeated hour is there twice, and Lord Howe's half hour is one of its own. A skipped date has none.
    """
    info = as_zone(zone)
    at, end = day_bounds(day, info)
    stretches = []
    while at < end:
        cut = min(_cut_after(at, info), end)
        # Where clocks are set back over midnight, the date before comes back for a while.
        if local_date(at, info) == day:
            stretches.append((at, cut))
        at = cut
    return stretches


def _cut_after(at: datetime, zone: ZoneInfo) -> datetime:
    """The next full hour of the clock, or the instant before it at which the clock is set."""
    offset, until = offset_segment(at, zone)
    full = at + _HOUR - (at + offset - _FULL_HOUR) % _HOUR
    # A segment ends with the UTC year too, where nothing need happen.
    while until < full:
        later, end = offset_segment(until, zone)
        if later != offset:
            return until
        until = end
    return full
