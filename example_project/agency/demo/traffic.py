"""What the campaigns of the seed would spend: their hourly average, shaped by the hour of the brand's day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from agency.seed import BRANDS
from django_adbudget.models import Campaign

# Per cent of the average hour, by local hour: quiet nights, a long day, the evening in front of a screen.
CURVE = (
    35, 25, 20, 20, 25, 40, 60, 80, 95, 105, 115, 120,
    125, 120, 115, 120, 130, 140, 160, 180, 190, 170, 130, 80,
)  # fmt: skip
EVENTS_AN_HOUR = 2
_HOURLY = {(brand.name, plan.name): Decimal(plan.hourly) for brand in BRANDS for plan in brand.campaigns}
_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Event:
    """What a campaign will have spent by an instant, if it runs then."""

    at: datetime
    campaign_id: int
    amount: Decimal


def events(campaigns: Iterable[Campaign], start: datetime, hours: int) -> list[Event]:
    found = [event for number, one in enumerate(campaigns) for event in _of(one, number, start, hours)]
    return sorted(found, key=lambda event: (event.at, event.campaign_id))


def _of(campaign: Campaign, number: int, start: datetime, hours: int) -> Iterator[Event]:
    zone = ZoneInfo(campaign.brand.timezone)
    average = _HOURLY[campaign.brand.name, campaign.name] / EVENTS_AN_HOUR
    dice = Random(number)  # the same figures each time
    gap = timedelta(hours=1) / EVENTS_AN_HOUR
    first = start + timedelta(minutes=1 + number)  # campaigns report one after the other, not at one instant
    for step in range(hours * EVENTS_AN_HOUR):
        at = first + step * gap
        share = Decimal(CURVE[at.astimezone(zone).hour] * dice.randint(80, 120)).scaleb(-4)
        yield Event(at, campaign.pk, (average * share).quantize(_PLACES))
