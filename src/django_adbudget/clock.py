"""The one place that reads the clock (rule T8)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone


def instant(now: datetime | None = None) -> datetime:
    """``now`` in UTC, or this moment if it is None. Raises ``ValueError`` as ``in_utc()`` does."""
    return timezone.now() if now is None else in_utc("now", now)


def in_utc(name: str, given: datetime) -> datetime:
    """An instant as every door takes it; ``name`` is what it is called there.

    In its own zone it would be added to and compared by the wall clock, and in a fold or gap be equal to nothing
    (PEP 495). Raises ``ValueError`` if it is naive, or so near to the calendar's ends that it has no UTC.
    """
    if not is_aware(given):
        raise ValueError(f"{name}={given.isoformat()} has no time zone; pass an aware datetime")
    try:
        return given.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{name}={given.isoformat()} lies outside of the calendar in UTC") from None


def is_aware(value: datetime) -> bool:
    offset: timedelta | None = value.utcoffset()
    return offset is not None
