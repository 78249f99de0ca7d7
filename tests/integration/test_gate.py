"""The gate: taken first by whoever writes, and in nobody's way who only refers to a brand (rule L4)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from django_adbudget import services
from django_adbudget.exceptions import Immutable
from django_adbudget.models import Brand, BudgetAlert, BudgetSummary, Campaign, DaypartingSchedule, StatusChange
from django_adbudget.rules import Period
from django_adbudget.services import SpendEntry, gate
from tests.factories import NOW, make_brand, make_campaign, make_window

from .crowd import PATIENCE, beside, together, wait_for_a_waiter
from .host import TickingClock, captured

pytestmark = pytest.mark.django_db(transaction=True)

#: Six brands, in an order that is not that of their ids.
SHUFFLED = (3, 0, 5, 1, 4, 2)
GATE = re.compile(
    r"SELECT (?:(?! FROM ).)+ FROM .django_adbudget_brand. WHERE .*ORDER BY id FOR (NO KEY )?UPDATE$",
    re.DOTALL,
)
LOCKS = re.compile(r" FOR (NO KEY )?UPDATE| LOCK IN SHARE MODE")
SPEAKS_OF_TRANSACTIONS = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")

TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def campaign(ticking: TickingClock) -> Campaign:
    campaign = make_campaign(make_brand(daily_budget=10), end_date=NOW.date())
    make_window(campaign, 2, "04:00", "22:00")
    services.record_spend(campaign, 2, idempotency_key="first", now=NOW)
    return campaign


def save_brand(campaign: Campaign) -> None:
    campaign.brand.daily_budget = 1
    campaign.brand.save()


def edit(campaign: Campaign) -> None:
    with services.editing(campaign.brand):
        campaign.name = "Autumn"
        campaign.save()
        make_window(campaign, 3, "04:00", "22:00")


Act = Callable[[Campaign], object]
SPENDS: dict[str, Act] = {
    "spend": lambda campaign: services.record_spend(campaign, 1, now=NOW),
    "spend by id": lambda campaign: services.record_spend(campaign.pk, 1, now=NOW),
    "spend that crosses": lambda campaign: services.record_spend(campaign, 10, idempotency_key="k", now=NOW),
    "replay": lambda campaign: services.record_spend(campaign, 2, idempotency_key="first", now=NOW),
    "batch": lambda campaign: services.record_spend_batch([SpendEntry(campaign=campaign, amount=1)] * 2, now=NOW),
    "total": lambda campaign: services.set_spend_total(campaign, NOW.date(), 5, source="meta", now=NOW),
    "tick": lambda campaign: services.reconcile(brands=[campaign.brand_id], due_only=True, now=TOMORROW),
    "sweep": lambda campaign: services.reconcile(brands=[campaign.brand_id], now=NOW),
}
OTHERS: dict[str, Act] = {
    "correction": lambda campaign: services.correct_spend(campaign.spend_records.get(), 1, now=NOW),
    "new period": lambda campaign: services.open_periods(Period.DAY, brands=[campaign.brand_id], now=TOMORROW),
    "rebuild": lambda campaign: services.rebuild_summaries(),
    "switch": lambda campaign: services.deactivate_campaign(campaign, now=NOW),
    "saved brand": save_brand,
    "saved campaign": lambda campaign: campaign.save(),
    "new campaign": lambda campaign: make_campaign(campaign.brand),
    "new window": lambda campaign: make_window(campaign, 3, "04:00", "22:00"),
    "deleted window": lambda campaign: campaign.dayparting_schedules.all().delete(),
    "deleted campaign": lambda campaign: Campaign.objects.get(name="unused").delete(),
    "edit": edit,
}


@pytest.mark.server
@pytest.mark.parametrize("act", SPENDS.values(), ids=SPENDS)
def test_the_gate_is_the_first_statement(act: Act, campaign: Campaign) -> None:
    transactions = list(transactions_of(act, campaign))
    assert transactions
    for statements in transactions:
        assert_gate(statements[0])


def assert_gate(sql: str) -> None:
    found = GATE.match(sql)
    assert found, sql
    assert bool(found[1]) is (connection.vendor == "postgresql")


@pytest.mark.server
@pytest.mark.parametrize("act", (SPENDS | OTHERS).values(), ids=SPENDS | OTHERS)
def test_nothing_is_locked_or_written_before_the_gate(act: Act, campaign: Campaign) -> None:
    """A look at which brand it is may come first; it is looked at again under the gate."""
    BudgetSummary.objects.filter(brand=campaign.brand_id).update(spend=3)
    make_campaign(campaign.brand, name="unused")
    transactions = list(transactions_of(act, campaign))
    assert transactions
    for statements in transactions:
        assert_gate(next(sql for sql in statements if not reads(sql) or LOCKS.search(sql)))


def reads(sql: str) -> bool:
    """A union begins with its first part in parentheses."""
    return sql.lstrip("(").startswith("SELECT")


def transactions_of(act: Act, campaign: Campaign) -> Iterator[list[str]]:
    """What was said in each transaction, save for that it began and ended."""
    with captured() as statements:
        act(campaign)
    within: list[str] | None = None
    for sql in statements:
        if sql == "BEGIN":
            within = []
        elif sql == "COMMIT" and within is not None:
            yield within
            within = None
        elif within is None:
            assert reads(sql), f"written outside a transaction: {sql}"
        elif not sql.startswith(SPEAKS_OF_TRANSACTIONS):
            within.append(sql)


@pytest.mark.postgres
def test_rows_that_refer_to_a_held_brand_do_not_wait(campaign: Campaign) -> None:
    """A plain FOR UPDATE of a brand, or of a campaign, would make them wait for the commit."""

    def refer() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
        BudgetAlert.objects.create(
            brand=campaign.brand,
            campaign=campaign,
            budget="daily_budget",
            period_start=NOW.date(),
            threshold=1,
            spend=1,
            limit=1,
            at=NOW,
            dedupe_key="by another",
        )

    with transaction.atomic():
        gate.lock([campaign.brand_id], NOW, connection.alias)
        services.record_spend(campaign, 20, now=NOW)
        assert StatusChange.objects.filter(to_status="PAUSED_BUDGET").exists()
        together([refer])
    assert BudgetAlert.objects.filter(dedupe_key="by another").exists()


@pytest.mark.server
def test_who_waited_at_the_gate_decides_by_what_its_last_holder_left(campaign: Campaign) -> None:
    """Rule L4: what was read before the gate would be the old budget."""
    spend = partial(services.record_spend, campaign, 1, now=NOW)
    with ExitStack() as stack:
        with transaction.atomic():
            gate.lock([campaign.brand_id], NOW, connection.alias)
            future = stack.enter_context(beside(spend))
            wait_for_a_waiter()
            Brand.objects.filter(pk=campaign.brand_id).update(daily_budget=3)
        changes = future.result(PATIENCE).status_changes
    assert [change.to_status for change in changes] == ["PAUSED_BUDGET"]


@pytest.mark.server
def test_a_campaign_moved_meanwhile_is_moved_under_the_gate_of_where_it_is(campaign: Campaign) -> None:
    """Rules L4, M5: else a spend under that gate would record for one brand what belongs to another by its commit."""
    first, second, third = (make_brand() for _ in range(3))
    moving = make_campaign(first)
    looked, moved = threading.Event(), threading.Event()

    def before_the_gate(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if GATE.match(sql) and not looked.is_set():
            looked.set()
            assert moved.wait(PATIENCE)
        return execute(sql, params, many, context)

    def move_to_the_second() -> None:
        stale = Campaign.objects.get(pk=moving.pk)
        stale.brand = second
        with connection.execute_wrapper(before_the_gate), pytest.raises(Immutable):
            stale.save()

    with beside(move_to_the_second):
        assert looked.wait(PATIENCE)
        moving.brand = third
        moving.save()
        with transaction.atomic():
            record = services.record_spend(moving, 1, now=NOW).record
            moved.set()
            wait_for_a_waiter()
    moving.refresh_from_db()
    assert moving.brand_id == record.brand_id == third.pk


@pytest.mark.server
@pytest.mark.parametrize("what", ["brands", "campaigns", "windows"])
def test_a_delete_over_several_brands_takes_all_their_gates_first(what: str) -> None:
    """L4: Django tells of each row by itself, in the order of rows."""
    brands = [make_brand() for _ in range(6)]
    for number in SHUFFLED:
        make_window(make_campaign(brands[number]), 0, "01:00", "02:00")
    facts: dict[str, Any] = {"brands": Brand, "campaigns": Campaign, "windows": DaypartingSchedule}
    with captured() as statements:
        facts[what].objects.all().delete()
    first = next(sql for sql in statements if LOCKS.search(sql))
    assert GATE.match(first)
    assert all(str(brand.pk) in first for brand in brands)
    writes = [number for number, sql in enumerate(statements) if sql.startswith(("DELETE", "UPDATE", "INSERT"))]
    assert statements.index(first) < writes[0]


@pytest.mark.server
def test_a_window_that_moves_takes_both_gates_at_once() -> None:
    here, there = make_campaign(make_brand()), make_campaign(make_brand())
    window = make_window(there, 0, "01:00", "02:00")
    window.campaign = here
    with captured() as statements:
        window.save()
    first = next(sql for sql in statements if LOCKS.search(sql))
    assert all(str(campaign.brand_id) in first for campaign in (here, there))


def repeat(job: Callable[[int], object], times: int = 8) -> Callable[[], None]:
    def run() -> None:
        for number in range(times):
            job(number)

    return run


@pytest.mark.server
def test_deletes_and_moves_beside_spends_and_edits_end_well() -> None:
    brands = [make_brand() for _ in range(6)]
    campaigns = [make_campaign(brand) for brand in brands]
    windows = [make_window(campaign, 1, "01:00", "02:00") for campaign in campaigns[:2]]

    def delete_windows(_: int) -> None:
        for number in SHUFFLED:
            make_window(campaigns[number], 0, "01:00", "02:00")
        DaypartingSchedule.objects.filter(day_of_week=0).delete()

    def move(number: int, window: DaypartingSchedule, step: int) -> None:
        window.campaign = campaigns[step * number % 6]
        window.save()

    def save_brands(number: int) -> None:
        with services.editing(*brands):
            for brand in brands:
                brand.daily_budget = Decimal(number + 100)
                brand.save()

    entries = [SpendEntry(campaign=campaign, amount=1) for campaign in campaigns]
    together(
        [
            repeat(delete_windows),
            repeat(lambda number: move(number, windows[0], 1), 20),
            repeat(lambda number: move(number, windows[1], -1), 20),
            repeat(lambda _: services.record_spend_batch(entries)),
            repeat(save_brands),
        ]
    )
