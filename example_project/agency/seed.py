"""Six brands from Honolulu to Kiritimati, with the hours and budgets that such brands have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal

from django_adbudget.models import Brand, Campaign, DaypartingSchedule
from django_adbudget.services import editing

ALL_WEEK = (0, 1, 2, 3, 4, 5, 6)
WEEKDAYS = (0, 1, 2, 3, 4)
WEEKEND = (5, 6)


@dataclass(frozen=True)
class Hours:
    days: tuple[int, ...]
    start: time
    end: time


@dataclass(frozen=True)
class CampaignPlan:
    name: str
    hourly: str
    """What it spends in an average hour in which it runs."""
    hours: tuple[Hours, ...] = ()
    dayparting: str = "AUTO"
    daily_budget: Decimal | None = None
    total_budget: Decimal | None = None
    is_active: bool = True


@dataclass(frozen=True)
class BrandPlan:
    name: str
    timezone: str
    currency: str
    daily_budget: Decimal
    monthly_budget: Decimal
    campaigns: tuple[CampaignPlan, ...] = field(repr=False)


def hours(start: int, end: int, days: tuple[int, ...] = ALL_WEEK) -> Hours:
    return Hours(days, time(start), time(end % 24))


BRANDS = (
    BrandPlan("Aloha Surf", "Pacific/Honolulu", "USD", Decimal(100), Decimal(215), (
        CampaignPlan("Dawn patrol", "9.20", (hours(5, 11),)),
        CampaignPlan("Board sale", "6.40"),
        CampaignPlan("Night reels", "5.10", (hours(20, 2),)),
    )),
    BrandPlan("Hudson Coffee", "America/New_York", "USD", Decimal(220), Decimal(480), (
        CampaignPlan("Breakfast", "14.00", (hours(6, 11, WEEKDAYS), hours(8, 13, WEEKEND))),
        CampaignPlan("Desk delivery", "11.50", (hours(9, 17, WEEKDAYS),), dayparting="REQUIRED"),
        CampaignPlan("Always on", "7.75", daily_budget=Decimal(90)),
    )),
    BrandPlan("Berliner Fahrrad", "Europe/Berlin", "EUR", Decimal(140), Decimal(3000), (
        CampaignPlan("Pendler", "12.30", (hours(6, 10, WEEKDAYS), hours(16, 19, WEEKDAYS))),
        CampaignPlan("Wochenende", "8.60", (hours(0, 24, WEEKEND),)),
        CampaignPlan("Nachtlicht", "4.45", (hours(22, 6),)),
    )),
    BrandPlan("Himal Tea", "Asia/Kathmandu", "NPR", Decimal(14000), Decimal(400000), (
        CampaignPlan("Morning cup", "950.00", (hours(5, 12),)),
        CampaignPlan("Brand film", "700.00", is_active=False),
        CampaignPlan("Export", "610.00", dayparting="OFF"),
    )),
    BrandPlan("Shinjuku Ramen", "Asia/Tokyo", "JPY", Decimal(26000), Decimal(700000), (
        CampaignPlan("Lunch", "2600", (hours(10, 14),), daily_budget=Decimal(8000)),
        CampaignPlan("Last train", "1900", (hours(21, 3),)),
        CampaignPlan("Loyalty", "900"),
    )),
    BrandPlan("Lagoon Air", "Pacific/Kiritimati", "AUD", Decimal(95), Decimal(1800), (
        CampaignPlan("Sunrise fares", "6.90", (hours(4, 10),)),
        CampaignPlan("Launch offer", "5.50", total_budget=Decimal(130)),
        CampaignPlan("Stopover", "3.80", (hours(18, 1),)),
    )),
)  # fmt: skip


def seed(now: datetime | None = None, actor: str = "seed") -> list[Brand]:
    return [_plant(plan, now, actor) for plan in BRANDS]


def _plant(plan: BrandPlan, now: datetime | None, actor: str) -> Brand:
    brand = Brand.objects.create(
        name=plan.name,
        timezone=plan.timezone,
        currency=plan.currency,
        daily_budget=plan.daily_budget,
        monthly_budget=plan.monthly_budget,
    )
    # Campaigns and windows come one by one, the decision about them once, when all are there.
    with editing(brand, actor=actor, now=now):
        for number, campaign_plan in enumerate(plan.campaigns):
            _plant_campaign(brand, campaign_plan, f"adserver-{brand.pk}-{number}")
    return brand


def _plant_campaign(brand: Brand, plan: CampaignPlan, external_id: str) -> None:
    campaign = Campaign.objects.create(
        brand=brand,
        name=plan.name,
        external_id=external_id,
        dayparting=plan.dayparting,
        daily_budget=plan.daily_budget,
        total_budget=plan.total_budget,
        is_active=plan.is_active,
    )
    for day, opening in _daily(plan):
        DaypartingSchedule.objects.create(
            campaign=campaign, day_of_week=day, start_time=opening.start, end_time=opening.end
        )


def _daily(plan: CampaignPlan) -> Iterator[tuple[int, Hours]]:
    for opening in plan.hours:
        for day in opening.days:
            yield day, opening
