"""The one place that reads the clock (rule T8)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone


def instant(now: datetime | None = None) -> datetime:
    """``now`` itself, or this moment if it is None.

    Raises ``ValueError`` if ``now`` is naive.
    """
    if now is None:
        return timezone.now()
    if not is_aware(now):
        raise ValueError(f"now={now!r} has no time zone; pass an aware datetime")
    return now


def is_aware(value: datetime) -> bool:
    offset: timedelta | None = value.utcoffset()
    return offset is not None
