"""Rows for tests. Whatever a test does not name has the model's default, and names are counted up."""

from __future__ import annotations

from datetime import time
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..models import Brand, Campaign, DaypartingSchedule

_numbers = count(1)


def make_brand(**fields: Any) -> Brand:
    from ..models import Brand

    return Brand.objects.create(**{"name": f"Brand {next(_numbers)}", **fields})


def make_campaign(brand: Brand | None = None, **fields: Any) -> Campaign:
    """A campaign of ``brand``, None for one made for it."""
    from ..models import Campaign

    brand = make_brand() if brand is None else brand
    return Campaign.objects.create(**{"brand": brand, "name": f"Campaign {next(_numbers)}", **fields})


def make_window(campaign: Campaign, day: int, start: time | str, end: time | str) -> DaypartingSchedule:
    """Hours in which it may run: ``make_window(campaign, 0, "09:00", "17:30")`` for Mondays (rule T5)."""
    from ..models import DaypartingSchedule

    return DaypartingSchedule.objects.create(
        campaign=campaign, day_of_week=day, start_time=_time(start), end_time=_time(end)
    )


def _time(value: time | str) -> time:
    return time.fromisoformat(value) if isinstance(value, str) else value
