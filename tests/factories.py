"""Brands and campaigns for tests, with nothing said that a test does not need."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django_adbudget.models import Brand, Campaign, DaypartingSchedule

#: A Wednesday, 12:00 in Berlin.
NOW = datetime(2026, 3, 11, 11, tzinfo=UTC)
_numbers = count(1)


def money(text: str) -> Decimal:
    return Decimal(text)


def make_brand(**fields: Any) -> Brand:
    return Brand.objects.create(
        **{"name": f"Brand {next(_numbers)}", "timezone": "Europe/Berlin", "currency": "EUR", **fields}
    )


def make_campaign(brand: Brand | None = None, **fields: Any) -> Campaign:
    return Campaign.objects.create(**{"brand": brand or make_brand(), "name": f"Campaign {next(_numbers)}", **fields})


def make_window(campaign: Campaign, day: int, start: str, end: str, **fields: Any) -> DaypartingSchedule:
    clock = [datetime.strptime(text, "%H:%M").replace(tzinfo=UTC).time() for text in (start, end)]
    return DaypartingSchedule.objects.create(
        campaign=campaign, day_of_week=day, start_time=clock[0], end_time=clock[1], **fields
    )
