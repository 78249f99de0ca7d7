"""Plans brands with their campaigns and windows: rows yet to be saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from random import Random
from typing import Any

from ...models import Brand, Campaign, DaypartingSchedule
from ...rules import local_date
from . import words

#: ``external_id`` of what was planted begins so.
PREFIX = "seed:"
SOURCE = "seed_data"
_DAYS_OF_A_MONTH = 26


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be planted. ``campaigns``: how many each brand gets."""

    campaigns: tuple[int, ...]
    spend_days: int
    daily_budget: Decimal | None
    monthly_budget: Decimal | None
    seed: int
    now: datetime

    @property
    def prefix(self) -> str:
        return f"{PREFIX}{self.seed}:"


@dataclass(frozen=True, slots=True)
class BrandPlan:
    brand: Brand
    daily_budget: Decimal
    """The brand's, or what it would be where there is only a monthly one."""
    places: int
    """Decimal places that amounts of its currency have."""
    today: date
    random: Random
    campaigns: list[CampaignPlan] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    campaign: Campaign
    weight: Decimal
    """Its share of the brand's day, were it never stopped."""
    windows: list[DaypartingSchedule]


def plans(wish: Wish, taken: frozenset[str]) -> Iterator[BrandPlan]:
    """The brands of a wish, one at a time; ``taken`` are names of brands that exist already."""
    random = Random(wish.seed)  # noqa: S311  to be the same again, not secret
    pairs = list(product(words.PLACES, words.TRADES))
    random.shuffle(pairs)
    for number, count in enumerate(wish.campaigns):
        again, at = divmod(number, len(pairs))
        place, trade = pairs[at]
        name = f"{place.word} {trade}" + (f" {again + 1}" if again else "")
        # Each brand draws from its own source, so that more brands or days change none that were there.
        own = Random(f"{wish.seed}/{number}")  # noqa: S311
        plan = _brand(wish, own, place, f"{name} (seed {wish.seed})" if name in taken else name, number)
        plan.campaigns.extend(_campaigns(wish, plan, place, count, number))
        yield plan


def names_wanted(wish: Wish) -> list[str]:
    return [plan.brand.name for plan in plans(wish, frozenset())]


def _brand(wish: Wish, random: Random, place: words.Place, name: str, number: int) -> BrandPlan:
    daily = wish.daily_budget or Decimal(random.randint(8, 40) * 10 * place.unit)
    monthly = wish.monthly_budget or daily * random.randint(_DAYS_OF_A_MONTH - 4, _DAYS_OF_A_MONTH + 4)
    return BrandPlan(
        brand=Brand(
            name=name,
            external_id=f"{wish.prefix}{number}",
            description="Made by seed_data.",
            timezone=place.timezone,
            currency=place.currency,
            daily_budget=daily,
            monthly_budget=monthly,
            created_at=wish.now,
            updated_at=wish.now,
        ),
        daily_budget=daily,
        places=0 if place.currency == "JPY" else 2,
        today=local_date(wish.now, place.timezone),
        random=random,
    )


def _campaigns(
    wish: Wish, plan: BrandPlan, place: words.Place, count: int, brand_number: int
) -> Iterator[CampaignPlan]:
    random, names = plan.random, [f"{what}, {where}" for what, where in product(words.PROMOTIONS, words.CHANNELS)]
    random.shuffle(names)
    weights = [random.uniform(0.5, 2.0) for _ in range(count)]
    for number, weight in enumerate(weights):
        again, at = divmod(number, len(names))
        portion = Decimal(weight / sum(weights)).quantize(Decimal("0.0001"))
        campaign = Campaign(
            brand=plan.brand,
            name=names[at] + (f" {again + 1}" if again else ""),
            external_id=f"{wish.prefix}{brand_number}:{number}",
            is_active=random.random() < 0.9,
            created_at=wish.now,
            updated_at=wish.now,
            **_budgets(random, plan.daily_budget * portion, place.unit),
            **_flight(random, plan.today),
        )
        windows = _windows(random, campaign, wish.now)
        campaign.dayparting = random.choice(["AUTO", "AUTO", "REQUIRED"]) if windows else "AUTO"
        yield CampaignPlan(campaign, portion, windows)


def _budgets(random: Random, portion: Decimal, unit: int) -> dict[str, Decimal | None]:
    """Some have a budget of their own; the brand's holds in any case."""
    daily = max(round(portion * Decimal(random.uniform(0.8, 1.6)) / unit), 1) * Decimal(unit)
    return {
        "daily_budget": daily if random.random() < 0.5 else None,
        "monthly_budget": daily * 24 if random.random() < 0.3 else None,
        "total_budget": daily * 40 if random.random() < 0.15 else None,
    }


def _flight(random: Random, today: date) -> dict[str, Any]:
    """Most run for ever; a few have ended, begin soon, or end soon."""
    drawn = random.random()
    if drawn < 0.06:
        return {"start_date": today - timedelta(days=75), "end_date": today - timedelta(days=random.randint(1, 9))}
    if drawn < 0.10:
        return {"start_date": today + timedelta(days=random.randint(1, 14))}
    if drawn < 0.20:
        return {"start_date": today - timedelta(days=20), "end_date": today + timedelta(days=random.randint(2, 40))}
    return {}


def _windows(random: Random, campaign: Campaign, now: datetime) -> list[DaypartingSchedule]:
    (kept,) = random.choices([hours for _, hours in words.HOURS], [weight for weight, _ in words.HOURS])
    return [
        DaypartingSchedule(
            campaign=campaign,
            day_of_week=day,
            start_time=hours.start,
            end_time=hours.end,
            created_at=now,
            updated_at=now,
        )
        for hours in kept
        for day in hours.days
    ]
