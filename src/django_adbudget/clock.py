"""The one place that reads the clock (rule T8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone


def instant(now: datetime | None = None) -> datetime:
    """``now`` in UTC, or this moment if it is None.

    In its own zone it would be added to and compared by the wall clock, which is set back and forth. Raises
    ``ValueError`` if ``now`` is naive, or so near to the calendar's ends that it has no UTC.
    """
    if now is None:
        return timezone.now()
    if not is_aware(now):
        raise ValueError(f"now={now!r} has no time zone; pass an aware datetime")
    try:
        return now.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"now={now!r} lies outside of the calendar in UTC") from None


def is_aware(value: datetime) -> bool:
    offset: timedelta | None = value.utcoffset()
    return offset is not None
