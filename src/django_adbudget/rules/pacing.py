"""When a budget is spent if spending goes on as it has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

_HOUR = 3_600_000_000
_MICROSECOND = timedelta(microseconds=1)
#: How far a forecast looks where no period ends before.
HORIZON = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Spending:
    """Micro-units an hour, and the instant from which there are none; None: not in sight."""

    per_hour: int
    until: datetime | None = None


def exhausted_at(remaining: int, spendings: Iterable[Spending], now: datetime, end: datetime | None) -> datetime | None:
    """When ``remaining`` micro-units are spent, each spending going on until its end; None if not before ``end``."""
    end = end or now + HORIZON
    stops = sorted((min(s.until or end, end), s.per_hour) for s in spendings)
    rate = sum(per_hour for _, per_hour in stops)
    left = remaining * _HOUR
    at = now
    for stop, per_hour in stops:
        length = max(stop - at, timedelta(0)) // _MICROSECOND
        # At the very end of its period nothing is left to exhaust.
        if rate > 0 and 0 < left <= rate * length:
            reached = at + timedelta(microseconds=-(-left // rate))
            return reached if reached < end else None
        left -= rate * length
        rate -= per_hour
        at = max(at, stop)
    return None
