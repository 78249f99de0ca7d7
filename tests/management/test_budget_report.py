"""`budget_report`: each brand's own today, this month and so on."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from django_adbudget import services
from django_adbudget.management.render import amount, table
from django_adbudget.models import Brand, Campaign
from django_adbudget.services.reports.overview import BrandReport, Span, budget_report
from tests.factories import make_brand, make_campaign, make_window
from tests.management.calling import data, said

pytestmark = pytest.mark.django_db


def row(brand: Brand, period: str, now: datetime) -> dict[str, Any]:
    (found,) = data("budget_report", brand=[str(brand.pk)], period=period, now=now)["brands"]
    return dict(found)


@pytest.mark.parametrize(
    ("zone", "midnight", "day"),
    [
        ("Europe/Berlin", datetime(2026, 3, 28, 23, tzinfo=UTC), "2026-03-29"),
        ("Pacific/Kiritimati", datetime(2026, 3, 31, 10, tzinfo=UTC), "2026-04-01"),
        ("Pacific/Honolulu", datetime(2026, 4, 1, 10, tzinfo=UTC), "2026-04-01"),
        ("Asia/Kathmandu", datetime(2026, 3, 31, 18, 15, tzinfo=UTC), "2026-04-01"),
        # Havana's clock jumps from 00:00 to 01:00 on this date.
        ("America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC), "2026-03-08"),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 13, tzinfo=UTC), "2026-04-05"),
    ],
)
def test_around_a_local_midnight(zone: str, midnight: datetime, day: str) -> None:
    """T1, T4."""
    brand = make_brand(timezone=zone, daily_budget=10)
    campaign = make_campaign(brand)
    before, after = midnight - timedelta(microseconds=1), midnight
    services.record_spend(campaign, "3.25", at=before, now=before)
    services.record_spend(campaign, "0.50", at=after, now=after)
    assert (row(brand, "today", before)["spent"], row(brand, "today", after)["spent"]) == ("3.25", "0.50")
    assert row(brand, "yesterday", after)["spent"] == "3.25"
    today = row(brand, "today", after)
    assert (today["first"], today["last"], today["timezone"]) == (day, day, zone)
    assert (today["remaining"], today["share"]) == ("9.50", "5.00")


@pytest.mark.parametrize(
    ("period", "first", "last", "spent", "budget"),
    [
        ("today", "2026-03-02", "2026-03-02", "1.00", "10.00"),
        ("yesterday", "2026-03-01", "2026-03-01", "2.00", "10.00"),
        ("this_week", "2026-03-02", "2026-03-08", "1.00", "70.00"),
        ("last_week", "2026-02-23", "2026-03-01", "6.00", "70.00"),
        ("this_month", "2026-03-01", "2026-03-31", "3.00", "200.00"),
        ("last_month", "2026-02-01", "2026-02-28", "12.00", "200.00"),
    ],
)
def test_periods(period: str, first: str, last: str, spent: str, budget: str) -> None:
    """A Monday, the second of a month; a new week, and a week that lies in two months."""
    brand = make_brand(daily_budget=10, monthly_budget=200)
    campaign = make_campaign(brand)
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    for day, spent_then in (("03-02", 1), ("03-01", 2), ("02-28", 4), ("02-01", 8), ("01-31", 16)):
        services.record_spend(campaign, spent_then, at=datetime.fromisoformat(f"2026-{day}T09:00+00:00"), now=now)
    found = row(brand, period, now)
    assert (found["first"], found["last"], found["spent"], found["budget"]) == (first, last, spent, budget)


def test_campaigns_are_counted_by_the_status_of_this_moment() -> None:
    """S6: not by what is stored."""
    now = datetime(2026, 3, 11, 11, tzinfo=UTC)
    brand = make_brand()
    make_campaign(brand)
    make_campaign(brand, daily_budget=0)
    make_window(make_campaign(brand), 0, "09:00", "17:00")
    make_campaign(brand, is_active=False)
    Campaign.objects.update(status="INACTIVE")
    assert row(brand, "today", now)["campaign_counts"] == {
        "total": 4,
        "active": 1,
        "paused_budget": 1,
        "paused_daypart": 1,
        "inactive": 1,
    }


def test_a_table_for_people() -> None:
    now = datetime(2026, 3, 11, 23, 30, tzinfo=UTC)
    tokyo = make_brand(name="新宿 Ramen", timezone="Asia/Tokyo", currency="JPY", daily_budget=26000)
    berlin = make_brand(name="Fahrrad", daily_budget=100)
    make_brand(name="Zoo", timezone="America/New_York", currency="USD")
    services.record_spend(make_campaign(tokyo), 3900, now=now)
    services.record_spend(make_campaign(berlin), "1234.5", now=now)
    lines = said("budget_report", now=now)
    assert lines[0] == "Spend of today, in each brand's own zone and currency"
    assert [re.split(r"\s{2,}", line) for line in lines[4:7]] == [
        ["Fahrrad", "Europe/Berlin", "2026-03-12", "EUR", "1,234.50", "100.00", "-1,134.50", "1234.5 %", *"0100"],
        ["Zoo", "America/New_York", "2026-03-11", "USD", "0.00", "-", "-", "-", *"0000"],
        ["新宿 Ramen", "Asia/Tokyo", "2026-03-12", "JPY", "3,900", "26,000", "22,100", "15.0 %", *"1000"],
    ]
    assert lines[-1] == "3 brands, 1,234.50 EUR, 3,900 JPY, 0.00 USD"


def test_a_table_is_aligned_by_what_a_terminal_shows() -> None:
    rows = [["新宿", "1"], ["Cafe\u0301", "10.50"]]
    assert list(table(["Name", "Sum"], rows, right=frozenset({1}))) == [
        "Name    Sum",
        "----  -----",
        "新宿      1",
        "Cafe\u0301  10.50",
    ]


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("1234.50", "EUR", "1,234.50"),
        ("1234.50", "JPY", "1,234.5"),
        ("1234.00", "JPY", "1,234"),
        ("0.000001", "EUR", "0.000001"),
        ("-5", "KWD", "-5.000"),
        (None, "EUR", "-"),
    ],
)
def test_amounts_have_the_places_of_their_currency_and_lose_none(value: str | None, currency: str, text: str) -> None:
    assert amount(None if value is None else Decimal(value), currency) == text


def test_no_brands() -> None:
    assert said("budget_report") == ["There are no brands."]


def test_a_brand_of_an_unknown_zone_is_named_and_stops_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    """T7."""
    lost = make_brand(name="Lost")
    make_brand(name="Found")
    Brand.objects.filter(pk=lost.pk).update(timezone="Mars/Olympus")
    with pytest.raises(CommandError, match=r"not known here: Lost \(Mars/Olympus\)"):
        call_command("budget_report")
    assert "Found" in capsys.readouterr().out


def test_budgets_of_nothing_have_no_share() -> None:
    (found,) = budget_report(Span.TODAY, brands=[make_brand(daily_budget=0)])
    assert isinstance(found, BrandReport)
    assert (found.budget, found.remaining, found.share) == (0, 0, None)


def test_statements_do_not_grow_with_brands(django_assert_max_num_queries: Any) -> None:
    for zone in ("Europe/Berlin", "Pacific/Kiritimati", "Pacific/Honolulu") * 5:
        make_campaign(make_brand(timezone=zone))
    with django_assert_max_num_queries(8):
        assert len(list(budget_report(Span.TODAY))) == 15


def test_overspent_is_negative() -> None:
    brand = make_brand(daily_budget=5)
    services.record_spend(make_campaign(brand), 8)
    (found,) = budget_report(Span.TODAY, brands=[brand.pk])
    assert isinstance(found, BrandReport)
    assert (found.remaining, found.share) == (Decimal(-3), Decimal(160))
