"""A batch over many brands and campaigns at once stays within what a statement may hold on every database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from django_adbudget import services
from django_adbudget.models import Brand, BudgetAlert, Campaign
from django_adbudget.services import SpendEntry
from tests.factories import NOW, make_brand

pytestmark = pytest.mark.django_db
#: SQLite puts at most 500 SELECTs together, and nests conditions at most 1,000 deep.
MANY_ALERTS, MANY_BRANDS = 501, 1_001
MIDNIGHT = datetime(2026, 3, 11, 23, tzinfo=UTC)


def ids(campaigns: Sequence[Campaign]) -> list[int]:
    Campaign.objects.bulk_create(campaigns)
    return list(Campaign.objects.order_by("pk").values_list("pk", flat=True))


def test_more_alerts_than_one_statement_holds() -> None:
    brand = make_brand()
    campaigns = ids([Campaign(brand=brand, name=f"c{n}", daily_budget=Decimal(10)) for n in range(MANY_ALERTS)])
    for amount in (5, 5):
        services.record_spend_batch([SpendEntry(campaign_id=pk, amount=amount) for pk in campaigns], now=NOW)
    assert BudgetAlert.objects.filter(threshold=50).count() == MANY_ALERTS
    assert BudgetAlert.objects.filter(threshold=100).count() == MANY_ALERTS
    assert set(Campaign.objects.values_list("status", flat=True)) == {"PAUSED_BUDGET"}
    assert services.verify_summaries() == []


def test_tomorrow_s_budgets_of_many_brands_reached_before_midnight() -> None:
    Brand.objects.bulk_create(
        Brand(name=f"b{n}", timezone="Europe/Berlin", daily_budget=Decimal(10)) for n in range(MANY_BRANDS)
    )
    campaigns = ids([Campaign(brand=brand, name="c") for brand in Brand.objects.order_by("pk")])
    services.reconcile(now=MIDNIGHT - timedelta(hours=1))
    batch = [SpendEntry(campaign_id=pk, amount=10, at=MIDNIGHT) for pk in campaigns]
    services.record_spend_batch(batch, now=MIDNIGHT - timedelta(minutes=2))
    assert set(Campaign.objects.values_list("status", "next_check_at")) == {("ACTIVE", MIDNIGHT)}
    assert services.reconcile(due_only=True, now=MIDNIGHT).paused == MANY_BRANDS
