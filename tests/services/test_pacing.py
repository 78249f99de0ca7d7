"""How fast budgets are spent, from the records of the last hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from django_adbudget import services
from django_adbudget.models import Brand, Campaign
from django_adbudget.services.reports.pacing import Pace, paces, what_pauses_next
from tests.factories import NOW, make_brand, make_campaign, make_window

pytestmark = pytest.mark.django_db

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def pace_of(owner: Brand | Campaign, period: str = "DAY", now: datetime = NOW) -> Pace | None:
    found = paces(now=now) if isinstance(owner, Brand) else paces(campaigns=[owner], now=now)
    is_mine = [p for p in found if p.period == period and (p.campaign_id is None) is isinstance(owner, Brand)]
    return next((p for p in is_mine if owner.pk in (p.campaign_id, p.brand_id)), None)


def ends_at(owner: Brand | Campaign, period: str = "DAY", now: datetime = NOW) -> datetime | None:
    pace = pace_of(owner, period, now)
    assert pace is not None
    return pace.exhausted_at


def test_the_rate_is_what_the_last_hour_spent() -> None:
    campaign = make_campaign(make_brand(daily_budget=100, monthly_budget=1000), total_budget=200)
    for amount, ago in ((20, 61 * MINUTE), (10, 59 * MINUTE), (20, timedelta(0))):
        services.record_spend(campaign, amount, at=NOW - ago, now=NOW)
    assert [(p.level, p.period, p.spent, p.budget, p.rate_per_hour, p.exhausted_at) for p in paces(now=NOW)] == [
        ("CAMPAIGN", "TOTAL", 50, 200, 30, NOW + 5 * HOUR),
        ("BRAND", "DAY", 50, 100, 30, NOW + 100 * MINUTE),
        ("BRAND", "MONTH", 50, 1000, 30, None),
    ]


def test_a_brand_goes_no_faster_once_a_campaign_of_its_has_had_its_own() -> None:
    """The total budget ends the campaign in five hours, and with it the brand's spend."""
    brand = make_brand(monthly_budget=1000)
    campaign = make_campaign(brand, total_budget=200)
    services.record_spend(campaign, 50, now=NOW)
    assert ends_at(campaign, "TOTAL") == NOW + 3 * HOUR
    assert ends_at(brand, "MONTH") is None
    services.record_spend(make_campaign(brand), 50, now=NOW)
    assert ends_at(brand, "MONTH") == NOW + 15 * HOUR


def test_a_correction_lowers_the_rate() -> None:
    """It bears the instant of what it corrects, whenever it comes."""
    campaign = make_campaign(daily_budget=100)
    old = services.record_spend(campaign, 20, at=NOW - 2 * HOUR, now=NOW).record
    new = services.record_spend(campaign, 20, now=NOW).record
    services.correct_spend(old, 10, now=NOW)
    services.correct_spend(new, 5, now=NOW)
    pace = pace_of(campaign)
    assert pace is not None
    assert (pace.spent, pace.rate_per_hour) == (25, 15)
    services.correct_spend(new, 15, now=NOW)
    assert pace_of(campaign) is None


def test_running_totals_count_by_the_average_of_the_day() -> None:
    """L7: they are dated at the day's start, which says nothing about the hour. It is noon in Berlin."""
    campaign = make_campaign(daily_budget=100)
    services.set_spend_total(campaign, NOW.date(), 48, source="meta", now=NOW)
    services.set_spend_total(campaign, NOW.date() - timedelta(days=1), 500, source="meta", now=NOW)
    pace = pace_of(campaign)
    assert pace is not None
    assert (pace.rate_per_hour, pace.exhausted_at) == (4, None)
    services.set_spend_total(campaign, NOW.date(), 72, source="meta", now=NOW)
    assert ends_at(campaign) == NOW + HOUR / 6 * 28
    services.record_spend(campaign, 8, now=NOW)
    assert ends_at(campaign) == NOW + 20 * HOUR / 14


def test_a_total_minutes_after_midnight_makes_no_rate_of_its_own() -> None:
    midnight = datetime(2026, 3, 11, 23, tzinfo=UTC)
    campaign = make_campaign(daily_budget=100)
    services.set_spend_total(campaign, (midnight + HOUR).date(), 10, source="meta", now=midnight + MINUTE)
    pace = pace_of(campaign, now=midnight + MINUTE)
    assert pace is not None
    assert pace.rate_per_hour == 10


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Havana"])
def test_only_before_the_local_day_ends(zone: str) -> None:
    """T3."""
    brand = make_brand(timezone=zone, daily_budget=100, monthly_budget=5000)
    services.record_spend(make_campaign(brand), 3, now=NOW)
    day, month = ends_at(brand), ends_at(brand, "MONTH")
    assert day is None
    assert month is None
    services.record_spend(make_campaign(brand), 27, now=NOW)
    assert ends_at(brand) == NOW + 140 * MINUTE


def test_only_while_its_campaign_runs() -> None:
    """A window that closes at 13:00, in an hour; at this rate the budget would last until 14:00."""
    brand = make_brand(daily_budget=90)
    campaign = make_campaign(brand, daily_budget=90)
    make_window(campaign, NOW.weekday(), "08:00", "13:00")
    services.reconcile(now=NOW)
    services.record_spend(campaign, 30, now=NOW)
    assert ends_at(campaign) is None
    assert ends_at(brand) is None
    services.record_spend(campaign, 20, now=NOW)
    assert ends_at(campaign) == ends_at(brand) == NOW + HOUR * 4 / 5
    services.deactivate_campaign(campaign, now=NOW)
    assert paces(now=NOW) == []


def test_what_pauses_next_is_told_soonest_first() -> None:
    brands = [make_brand(daily_budget=budget) for budget in (60, 40, 100, None, 30)]
    for brand in brands:
        services.record_spend(make_campaign(brand), 30, now=NOW)
    found = what_pauses_next(now=NOW)
    assert [p.brand_id for p in found] == [brands[1].pk, brands[0].pk, brands[2].pk]
    assert [p.brand_id for p in what_pauses_next(limit=1, now=NOW)] == [brands[1].pk]
    assert [p.brand_id for p in what_pauses_next([brands[0], brands[2].pk], now=NOW)] == [brands[0].pk, brands[2].pk]


def test_a_brand_of_unknown_zone_has_no_pace() -> None:
    """T7."""
    bad, good = make_brand(daily_budget=100), make_brand(daily_budget=100)
    for brand in (bad, good):
        services.record_spend(make_campaign(brand), 30, now=NOW)
    Brand.objects.filter(pk=bad.pk).update(timezone="Mars/Phobos")
    assert [p.brand_id for p in paces(now=NOW)] == [good.pk]


def test_a_constant_number_of_statements(django_assert_num_queries: Any) -> None:
    for count in (1, 5):
        for _ in range(count):
            brand = make_brand(daily_budget=Decimal(100), monthly_budget=Decimal(100))
            for _ in range(count):
                services.record_spend(make_campaign(brand, daily_budget=50), 10, now=NOW)
        with django_assert_num_queries(7):
            assert paces(now=NOW)


def test_money_spent_ahead_of_time_or_of_nobody_is_no_pace() -> None:
    """T4: spend may be dated five minutes ahead."""
    campaign = make_campaign(daily_budget=100)
    services.record_spend(campaign, 10, at=NOW + 4 * MINUTE, now=NOW)
    services.record_spend(make_campaign(), 10, now=NOW)
    assert paces(now=NOW) == []
