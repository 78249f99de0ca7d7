from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from django_adbudget.models import Brand, Campaign
from django_adbudget.rules import Reason, local_date
from django_adbudget.services import campaign_status
from tests.migrating.layouts import CUTOVER, REHEARSAL, cents, instants, ledger, modules, moved_twice, of_source, undone

PAGE = "hour-windows.md"
old, moving = modules(PAGE)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("old_tables")]

ZONES = ["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"]
MONTHS = [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
amounts = cents | st.just(Decimal(0))
records = st.lists(
    st.tuples(st.sampled_from([1, 2]), instants, amounts, st.sampled_from(["DAILY", "DAILY", "MONTHLY"]))
)
summaries = st.dictionaries(st.sampled_from(MONTHS), amounts)


def fill(zone: str, rows: list[Any], told: dict[date, Decimal]) -> None:
    old.Brand(id=1, name="Acme", daily_budget=100, monthly_budget=1000, timezone=zone).save()
    for number in (1, 2):
        old.Campaign(id=number, brand_id=1, name=f"Campaign {number}", status="ACTIVE").save()
    old.SpendRecord.objects.bulk_create(
        old.SpendRecord(
            id=number,
            brand_id=1,
            campaign_id=campaign,
            amount=amount,
            spend_datetime=at,
            spend_date=at.date(),
            record_type=kind,
        )
        for number, (campaign, at, amount, kind) in enumerate(rows, 1)
    )
    for month, total in told.items():
        old.BudgetSummary(brand_id=1, date=month.replace(day=7), daily_spend=0, monthly_spend=total).save()


def missing(rows: list[Any], told: dict[date, Decimal], cutover: datetime) -> Decimal:
    taken = [(at, amount) for _, at, amount, kind in rows if kind == "DAILY" and at < cutover]
    known = {month: sum((a for at, a in taken if at.date().replace(day=1) == month), Decimal(0)) for month in told}
    return sum((max(told[month] - known[month], Decimal(0)) for month in told), Decimal(0))


@given(st.sampled_from(ZONES), records, summaries)
@example("UTC", [(1, CUTOVER, Decimal(10), "DAILY")], {MONTHS[-1]: Decimal(30)})
@settings(max_examples=40)
def test_every_record_is_moved_once_and_what_only_a_summary_knows_is_a_balance(
    zone: str, rows: list[Any], told: dict[date, Decimal]
) -> None:
    """T1, L2, L7. Also by the day: each record is on the local date of its instant."""
    with undone():
        fill(zone, rows, told)
        moved, after = moved_twice(moving)
        taken = [(c, at, amount) for c, at, amount, kind in rows if kind == "DAILY" and amount and at < CUTOVER]
        assert moved.recorded == len(taken)
        assert of_source(after, "oldsys") == sum((amount for *_, amount in taken), Decimal(0))
        assert of_source(after, "oldsys:opening") == missing(rows, told, CUTOVER)
        expected: dict[Any, Decimal] = {}
        for campaign, at, amount in taken:
            key = (f"oldsys:{campaign}", "oldsys", local_date(at, zone))
            expected[key] = expected.get(key, Decimal(0)) + amount
        assert {key: amount for key, amount in after.items() if key[1] == "oldsys"} == expected


@given(st.sampled_from(ZONES), records, summaries)
@settings(max_examples=15)
def test_a_rehearsal_leaves_no_trace_in_what_is_moved_after_it(
    zone: str, rows: list[Any], told: dict[date, Decimal]
) -> None:
    with undone():
        fill(zone, rows, told)
        moving.move(CUTOVER)
        straight = ledger()
    with undone():
        fill(zone, rows, told)
        moving.move(REHEARSAL)
        moving.move(CUTOVER)
        assert ledger() == straight


windows = st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(0, 23), st.booleans()).filter(
    lambda w: w[1] <= w[2]
)


@given(st.sampled_from(ZONES), st.lists(windows, max_size=4), st.lists(instants, min_size=1, max_size=6))
@settings(max_examples=40)
def test_hours_hold_as_they_did(zone: str, hours: list[Any], moments: list[datetime]) -> None:
    """T5, T6. No schedule is never, and the last hour is part of a window."""
    with undone():
        fill(zone, [], {})
        for number, (day, start, end, is_active) in enumerate(hours, 1):
            old.DaypartingSchedule(
                id=number, campaign_id=1, day_of_week=day, start_hour=start, end_hour=end, is_active=is_active
            ).save()
        moving.move(CUTOVER)
        campaign = Campaign.objects.get(external_id="oldsys:1")
        for moment in moments:
            local = moment.astimezone(ZoneInfo(zone))
            allowed = any(
                is_active and day == local.weekday() and start <= local.hour <= end
                for day, start, end, is_active in hours
            )
            assert campaign_status(campaign, now=moment).is_within_dayparting is allowed


@pytest.mark.parametrize("status", ["ACTIVE", "PAUSED_BUDGET", "PAUSED_DAYPART", "INACTIVE"])
@pytest.mark.parametrize("is_active", [True, False])
def test_whom_a_person_switched_off_stays_off(status: str, is_active: bool) -> None:
    """S1."""
    fill("UTC", [], {})
    old.Campaign.objects.filter(id=1).update(status=status, is_active=is_active)
    moving.move(CUTOVER)
    moving.go_live(old.Brand.objects.get(), actor="jane", now=CUTOVER)
    reasons = campaign_status(Campaign.objects.get(external_id="oldsys:1"), now=CUTOVER).reasons
    assert (Reason.CAMPAIGN_OFF in reasons) is (not is_active or status == "INACTIVE")


def test_facts_that_people_have_changed_since_are_left_alone() -> None:
    fill("UTC", [], {})
    moving.move(CUTOVER)
    brand = moving.go_live(old.Brand.objects.get(), actor="jane", now=CUTOVER)
    brand.daily_budget = Decimal(7)
    brand.save()
    old.Campaign(id=3, brand_id=1, name="Added since", status="ACTIVE").save()
    moving.move(CUTOVER)
    kept = Brand.objects.get()
    assert (kept.daily_budget, kept.is_active, kept.alert_thresholds) == (Decimal(7), True, None)
    assert kept.campaigns.count() == 3


def test_more_records_than_one_batch_holds() -> None:
    numbers = count(1)
    rows = [(1, CUTOVER.replace(day=10), Decimal(next(numbers)).scaleb(-2), "DAILY") for _ in range(2_001)]
    fill("UTC", rows, {})
    moved, after = moved_twice(moving)
    assert moved.recorded == 2_001
    assert of_source(after, "oldsys") == sum(amount for _, _, amount, _ in rows)
