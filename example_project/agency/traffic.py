"""What the imaginary ad server spends: a campaign's hourly average, shaped by the hour of its brand's day."""

from __future__ import annotations

from datetime import datetime
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
_HOURLY = {(brand.name, plan.name): Decimal(plan.hourly) for brand in BRANDS for plan in brand.campaigns}
_PLACES = Decimal("0.0001")


def spend(campaign: Campaign, at: datetime, hours: Decimal, dice: Random) -> Decimal:
    """What a campaign spends in a part of an hour, give or take a fifth; nothing if the seed does not know it."""
    average = _HOURLY.get((campaign.brand.name, campaign.name), Decimal(0))
    local_hour = at.astimezone(ZoneInfo(campaign.brand.timezone)).hour
    share = Decimal(CURVE[local_hour] * dice.randint(80, 120)).scaleb(-4)
    return (average * hours * share).quantize(_PLACES)
