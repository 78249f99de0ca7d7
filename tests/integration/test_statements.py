"""What work costs in statements, BEGIN and COMMIT among them: as much for many campaigns or records as for few."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta

import pytest
from django.db import connection

from django_adbudget import services
from django_adbudget.models import Brand, Campaign, DaypartingSchedule, PlatformOrder, StatusChange
from django_adbudget.services import SpendEntry
from django_adbudget.services.copying import _ROWS_A_STATEMENT
from tests.factories import NOW, make_brand, make_campaign

from .host import captured

pytestmark = pytest.mark.django_db(transaction=True)

SPEND, IDLE_TICK = 14, 6
FEW, MANY = 10, 400


def brand_of(campaigns: int, **fields: object) -> tuple[Brand, list[Campaign]]:
    """A brand whose campaigns are alike, evaluated, and have a window each."""
    brand = make_brand(**fields)
    Campaign.objects.bulk_create([Campaign(brand=brand, name=f"{n}") for n in range(campaigns)])
    rows = list(Campaign.objects.filter(brand=brand))
    DaypartingSchedule.objects.bulk_create(
        [DaypartingSchedule(campaign=row, day_of_week=2, start_time=time(4), end_time=time(22)) for row in rows]
    )
    services.reconcile(now=NOW)
    return brand, rows


def cost(work: Callable[[], object]) -> int:
    with captured() as statements:
        work()
    return len(statements)


@pytest.mark.parametrize("campaigns", [FEW, MANY])
def test_one_spend(campaigns: int) -> None:
    """Contract: at most 14, whatever it finds; it evaluates nobody while no budget is near."""
    _, (campaign, *_) = brand_of(campaigns, daily_budget=1000)
    assert cost(lambda: services.record_spend(campaign, 1, now=NOW)) <= 7
    assert cost(lambda: services.record_spend(campaign.pk, 1, now=NOW)) <= 7
    assert cost(lambda: services.record_spend(campaign, 1, idempotency_key="key", now=NOW)) <= 8
    assert cost(lambda: services.record_spend(campaign, 1, idempotency_key="key", now=NOW)) <= 5
    assert cost(lambda: services.record_spend(campaign, 600, now=NOW)) <= SPEND


@pytest.mark.parametrize("campaigns", [FEW, MANY])
@pytest.mark.parametrize("by_id", [False, True], ids=["instance", "id"])
def test_a_spend_that_crosses_and_warns(campaigns: int, by_id: bool) -> None:
    """Contract: at most 14; SQLite's inserts of many rows apart, a pause of 400 costs what one of 10 does."""
    brand, (campaign, *_) = brand_of(campaigns, daily_budget=1000)
    given = campaign.pk if by_id else campaign
    spent = cost(lambda: services.record_spend(given, 1000, idempotency_key="key", now=NOW))
    assert StatusChange.objects.filter(cause="SPEND", to_status="PAUSED_BUDGET").count() == campaigns
    assert brand.alerts.count() == 1
    if connection.vendor == "sqlite" and campaigns == MANY:
        spent -= insert_chunks(MANY)
    assert spent <= SPEND


def insert_chunks(rows: int) -> int:
    """How many more inserts SQLite needs for the changes and the orders of so many campaigns."""
    most = connection.features.max_query_params or 0
    columns = [len(model._meta.concrete_fields) - 1 for model in (StatusChange, PlatformOrder)]
    return sum(-(-rows // (most // width)) - 1 for width in columns)


@pytest.mark.parametrize("campaigns", [FEW, MANY])
def test_an_idle_tick(campaigns: int) -> None:
    """Contract: at most 6."""
    brand_of(campaigns)
    assert cost(lambda: services.reconcile(due_only=True, now=NOW)) <= IDLE_TICK
    assert cost(lambda: services.reconcile(due_only=True, now=NOW)) <= IDLE_TICK


def test_a_sweep_chunk_with_nothing_to_change() -> None:
    brand_of(FEW)
    few = cost(lambda: services.reconcile(now=NOW))
    brand_of(MANY)
    assert cost(lambda: services.reconcile(now=NOW)) == few <= 9


@pytest.mark.postgres
def test_a_sweep_costs_by_chunks() -> None:
    """500 campaigns a transaction: 1,200 of one brand take three, and one look at where to cut."""
    brand_of(3 * MANY)
    assert cost(lambda: services.reconcile(now=NOW)) <= 2 + 1 + 3 * 7


def due_tick(campaigns: int) -> int:
    """The cost of the tick at which a brand's campaigns have all ended."""
    brand = make_brand()
    Campaign.objects.bulk_create([Campaign(brand=brand, name=f"{n}", end_date=NOW.date()) for n in range(campaigns)])
    services.reconcile(brands=[brand], now=NOW)
    tomorrow = NOW + timedelta(days=1)
    changed: list[int] = []
    spent = cost(lambda: changed.append(services.reconcile(brands=[brand], due_only=True, now=tomorrow).changed))
    assert changed == [campaigns]
    return spent


@pytest.mark.server
def test_a_tick_with_due_campaigns_of_equal_schedule() -> None:
    few = due_tick(FEW)
    assert due_tick(MANY) == few <= 10


@pytest.mark.sqlite
def test_a_tick_with_due_campaigns_on_sqlite() -> None:
    few = due_tick(FEW)
    assert due_tick(MANY) <= few + insert_chunks(MANY)


def batch(campaigns: list[Campaign], records: int) -> int:
    entries = [
        SpendEntry(campaign=campaigns[n % len(campaigns)], amount=1, idempotency_key=f"{records} {n}")
        for n in range(records)
    ]
    return cost(lambda: services.record_spend_batch(entries, now=NOW))


@pytest.mark.server
def test_a_batch() -> None:
    """Where there is no COPY, an INSERT holds so many rows that the longest texts fit into MariaDB's packet."""
    _, campaigns = brand_of(FEW)
    few = batch(campaigns, 10)
    inserts = 1 if connection.vendor == "postgresql" else -(-2000 // _ROWS_A_STATEMENT)
    assert batch(campaigns, 2000) <= few - 1 + inserts
    assert few <= 12


@pytest.mark.server
def test_a_batch_over_many_brands() -> None:
    campaigns = [make_campaign() for _ in range(40)]
    few = batch(campaigns[:2], 40)
    assert batch(campaigns, 80) <= few


@pytest.mark.parametrize("campaigns", [FEW, MANY])
def test_reads_of_status(campaigns: int) -> None:
    brand, (campaign, *_) = brand_of(campaigns, daily_budget=5)
    assert cost(lambda: services.campaign_status(campaign, now=NOW)) <= 4
    assert cost(lambda: services.brand_status(brand, now=NOW)) <= 5


@pytest.mark.parametrize("campaigns", [FEW, MANY])
def test_an_audit(campaigns: int) -> None:
    """Rule L5: one statement for a chunk of brands."""
    brand_of(campaigns)
    assert cost(services.verify_summaries) == 2
