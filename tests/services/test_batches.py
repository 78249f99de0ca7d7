"""A batch leaves what its entries leave one by one, whichever way the database takes many (rules L2, L3, L8, D4)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from django_adbudget import services, signals
from django_adbudget.models import BudgetAlert, BudgetSummary, Campaign, CampaignSummary, SpendRecord
from django_adbudget.services import SpendEntry
from django_adbudget.services.copying import _WORTH_IT
from tests.factories import NOW, make_brand, make_campaign, money

pytestmark = pytest.mark.django_db

ZONES = ["Europe/Berlin", "America/New_York", "Pacific/Kiritimati"]


def make_world(name: str) -> list[Campaign]:
    """Three brands of two campaigns; the budgets of some are near."""
    brands = [
        make_brand(name=f"{name} {n}", timezone=zone, daily_budget=400 if n else None) for n, zone in enumerate(ZONES)
    ]
    campaigns = [
        make_campaign(brand, name=f"{n}", monthly_budget=(n + 1) * 100 if n else 0)
        for brand in brands
        for n in range(2)
    ]
    services.reconcile(brands=brands, now=NOW)
    return campaigns


def make_entries(seed: int, count: int = _WORTH_IT + 30) -> list[dict[str, Any]]:
    """With the place of a campaign for itself; some keys come twice, with the same content."""
    rng = random.Random(seed)
    entries = [
        {
            "campaign": rng.randrange(6),
            "amount": money(f"{rng.randrange(10)}.{rng.randrange(1, 999_999):06}"),
            "at": NOW - timedelta(minutes=rng.randrange(60 * 24 * 40)) if rng.random() < 0.5 else None,
            "idempotency_key": f"{seed} key {n}" if rng.random() < 0.8 else None,
            "source": rng.choice(["", "google_ads", "Größe"]),
            "description": rng.choice(["", "two\nlines\t\\N"]),
        }
        for n in range(count)
    ]
    return entries + [entry for entry in entries if entry["idempotency_key"] and rng.random() < 0.1]


def sent(entries: Sequence[dict[str, Any]], campaigns: Sequence[Campaign]) -> list[SpendEntry]:
    return [SpendEntry(**{**entry, "campaign": campaigns[entry["campaign"]]}) for entry in entries]


def left_behind(campaigns: Sequence[Campaign]) -> dict[str, Any]:
    """Everything that spend leaves, with places for ids."""
    place = {campaign.pk: n for n, campaign in enumerate(campaigns)}
    brand = {campaign.brand_id: n // 2 for n, campaign in enumerate(campaigns)}
    records = SpendRecord.objects.filter(campaign__in=campaigns)
    return {
        "records": sorted(
            (
                *(
                    place[row.campaign_id],
                    brand[row.brand_id],
                    row.amount,
                    row.kind,
                    row.spend_datetime,
                    row.spend_date,
                ),
                *(row.at_given, row.source, row.description, row.corrects_id, row.redacted_at, row.created_at),
            )
            for row in records
        ),
        "keys": {row.idempotency_key for row in records if " key " in row.idempotency_key},
        "brands": {
            (brand[row.brand_id], row.period, row.start): row.spend
            for row in BudgetSummary.objects.filter(brand__in=brand)
        },
        "campaigns": {
            (place[row.campaign_id], row.period, row.start): row.spend
            for row in CampaignSummary.objects.filter(campaign__in=campaigns)
        },
        "statuses": list(
            Campaign.objects.filter(pk__in=place)
            .order_by("pk")
            .values_list("status", "status_reasons", "next_check_at")
        ),
        "reached": {
            (brand[row.brand_id], row.campaign_id and place[row.campaign_id], row.budget, row.period_start)
            for row in BudgetAlert.objects.filter(brand__in=brand, threshold=100)
        },
    }


@pytest.mark.parametrize("seed", range(3))
def test_a_batch_leaves_what_its_entries_leave_one_by_one(seed: int) -> None:
    together, apart = make_world("together"), make_world("apart")
    entries = make_entries(seed)
    receipt = services.record_spend_batch(sent(entries, together), now=NOW)
    replayed = [
        services.record_spend(**{name: getattr(entry, name) for name in entries[0]}, now=NOW).replayed
        for entry in sent(entries, apart)
    ]
    assert (receipt.recorded, receipt.replayed) == (replayed.count(False), replayed.count(True))
    assert left_behind(together) == left_behind(apart)
    assert services.verify_summaries() == []
    assert not services.reconcile(now=NOW, dry_run=True).changed


def test_a_batch_sent_again_with_one_entry_more_records_that_one() -> None:
    """L2: one new record among replays, which nobody looks at."""
    campaigns, entries = make_world("world"), make_entries(7)
    keyed = list({entry["idempotency_key"]: entry for entry in entries if entry["idempotency_key"]}.values())
    services.record_spend_batch(sent(keyed[1:], campaigns), now=NOW)
    receipt = services.record_spend_batch(sent(keyed, campaigns), now=NOW)
    assert (receipt.recorded, receipt.replayed) == (1, len(keyed) - 1)
    assert services.verify_summaries() == []


@pytest.mark.parametrize("count", [3, _WORTH_IT + 3])
def test_receivers_are_given_records_with_campaign_and_brand(
    count: int, django_capture_on_commit_callbacks: Callable[..., Any], django_assert_num_queries: Callable[..., Any]
) -> None:
    """D3: as stored, and nothing that a receiver asks of them is a query for each."""
    campaigns, heard = make_world("world"), list[SpendRecord]()

    def hear(record: SpendRecord, **_: Any) -> None:
        heard.append(record)

    signals.spend_recorded.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            services.record_spend_batch(sent(make_entries(3, count), campaigns)[:count], now=NOW)
    finally:
        signals.spend_recorded.disconnect(hear)
    with django_assert_num_queries(0):
        assert {record.campaign for record in heard} <= set(campaigns)
        assert {record.brand.name for record in heard} <= {f"world {n}" for n in range(len(ZONES))}
    assert len(heard) == count


def test_campaigns_named_by_id_and_by_an_instance_that_was_moved_since() -> None:
    """L4: brands are locked of whatever the batch names, and totals go where the campaigns are now."""
    moved, there, third = make_campaign(make_brand()), make_campaign(make_brand()), make_campaign(make_brand())
    Campaign.objects.filter(pk=moved.pk).update(brand=there.brand)
    batch = [
        SpendEntry(moved, 1),
        SpendEntry(campaign_id=there.pk, amount=2),
        SpendEntry(campaign_id=third.pk, amount=4),
    ]
    for entries in (batch, [batch[0], SpendEntry(third, 4)]):
        services.record_spend_batch(entries, now=NOW)
    days = BudgetSummary.objects.filter(period="DAY")
    assert dict(days.values_list("brand", "spend")) == {there.brand_id: money("4"), third.brand_id: money("8")}
    assert services.verify_summaries() == []
