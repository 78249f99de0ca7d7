from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_adbudget.models import Brand, Campaign
from django_adbudget.rules import Reason
from django_adbudget.services import campaign_status, set_spend_total
from tests.migrating.layouts import CUTOVER, REHEARSAL, cents, ledger, modules, moved_twice, of_source, undone

PAGE = "daily-rows.md"
old, moving = modules(PAGE)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("old_tables")]

TODAY = CUTOVER.date()
BRAND, CAMPAIGN, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
days = st.integers(-70, 1).map(lambda number: TODAY + timedelta(days=number))
amounts = cents | st.just(Decimal(0))
spends = st.dictionaries(days, st.tuples(amounts | cents.map(lambda amount: -amount), amounts), max_size=8)


def fill(rows: dict[date, tuple[Decimal, Decimal]], **fields: Any) -> None:
    old.Brand(id=BRAND, name="Acme", daily_budget=100, monthly_budget=0).save()
    old.Campaign(**{"id": CAMPAIGN, "brand_id": BRAND, "name": "Search", "status": "ACTIVE", **fields}).save()
    for number, (day, (daily, monthly)) in enumerate(rows.items(), 10):
        row = {"id": UUID(int=number), "campaign_id": CAMPAIGN, "date": day}
        old.Spend(**row, daily_spend=daily, monthly_spend=monthly).save()


@given(spends)
@settings(max_examples=40)
def test_each_day_and_month_has_what_its_rows_say(rows: dict[date, tuple[Decimal, Decimal]]) -> None:
    """L7. A month whose last row says more than its days has the rest as a balance."""
    with undone():
        fill(rows)
        _, after = moved_twice(moving)
        past = {day: row for day, row in sorted(rows.items()) if day <= TODAY}
        held = {day: daily for day, (daily, _) in past.items() if daily > 0}
        assert {day: amount for (_, source, day), amount in after.items() if source == "oldsys"} == held
        told = {day.replace(day=1): monthly for day, (_, monthly) in past.items()}
        for month, total in told.items():
            known = sum((amount for day, amount in held.items() if day.replace(day=1) == month), Decimal(0))
            both = sum((amount for (*_, day), amount in after.items() if day.replace(day=1) == month), Decimal(0))
            assert both == max(total, known)


@given(spends)
@settings(max_examples=15)
def test_a_rehearsal_leaves_no_trace_in_what_is_moved_after_it(rows: dict[date, tuple[Decimal, Decimal]]) -> None:
    with undone():
        fill(rows)
        moving.move(CUTOVER)
        straight = ledger()
    with undone():
        fill(rows)
        moving.move(REHEARSAL)
        moving.move(CUTOVER)
        assert ledger() == straight


def test_the_feed_goes_on_under_the_same_source() -> None:
    """L7."""
    fill({TODAY: (Decimal(20), Decimal(50))})
    moving.move(CUTOVER)
    campaign = Campaign.objects.get()
    set_spend_total(campaign, TODAY, Decimal(33), source=moving.SOURCE, now=CUTOVER)
    assert of_source(ledger(), "oldsys") == 33
    assert of_source(ledger(), "oldsys:opening") == 30


@pytest.mark.parametrize(
    ("fields", "off"),
    [({"status": "ACTIVE"}, False), ({"status": "PAUSED_BY_SYSTEM"}, False), ({"status": "PAUSED_BY_USER"}, True)],
)
def test_whom_a_person_switched_off_stays_off(fields: dict[str, str], off: bool) -> None:
    """S1."""
    fill({}, **fields)
    moving.move(CUTOVER)
    moving.go_live(old.Brand.objects.get(), actor="jane", now=CUTOVER)
    assert (Reason.CAMPAIGN_OFF in campaign_status(Campaign.objects.get(), now=CUTOVER).reasons) is off


@pytest.mark.parametrize(
    ("enabled", "windows", "runs"),
    [
        (False, [], True),
        (True, [], False),
        (True, [("WED", time(9), time(17), "UTC")], True),
        (True, [("WED", time(9), time(14, 59), "UTC")], False),
        (True, [("WED", time(9), time(17), "Asia/Tokyo")], False),
        (False, [("THU", time(9), time(17), "UTC")], True),
        (True, [("WED", time(9), time(17), "Mars/Olympus")], False),
        (True, [("WED", time(9), time(17), "UTC"), ("WED", time(9), time(17), "Asia/Tokyo")], False),
        (True, [("WED", time(0), time(23, 59, 59, 999999), "UTC")], True),
        (True, [("WED", time(15), time(15), "UTC")], False),
    ],
)
def test_hours_hold_as_they_did(enabled: bool, windows: list[Any], runs: bool) -> None:
    """T5, T6."""
    fill({}, is_dayparting_enabled=enabled)
    for number, (day, start, end, zone) in enumerate(windows, 50):
        row = {"id": UUID(int=number), "campaign_id": CAMPAIGN, "day_of_week": day}
        old.DaypartingSchedule(**row, start_time=start, end_time=end, timezone=zone).save()
    moving.move(CUTOVER)
    moving.go_live(old.Brand.objects.get(), actor="jane", now=CUTOVER)
    assert campaign_status(Campaign.objects.get(), now=CUTOVER).can_run_now is runs


def test_names_that_were_used_twice_or_are_long() -> None:
    fill({})
    old.Campaign(id=OTHER, brand_id=BRAND, name="Search", status="ACTIVE").save()
    for number, name in [(4, "Acme"), (5, "x" * 255), (6, "x" * 254 + "y")]:
        old.Brand(id=UUID(int=number), name=name).save()
    moved_twice(moving)
    names = set(Brand.objects.values_list("name", flat=True))
    assert len(names) == 4
    assert all(len(name) <= 200 for name in names)
    assert sorted(Campaign.objects.values_list("name", flat=True)) == ["Search", f"Search ({OTHER})"]


def test_a_budget_of_zero_was_none() -> None:
    """M3."""
    fill({TODAY: (Decimal(99), Decimal(99))}, daily_budget=0, monthly_budget=0)
    old.Brand.objects.update(daily_budget=0)
    moving.move(CUTOVER)
    moving.go_live(old.Brand.objects.get(), actor="jane", now=CUTOVER)
    assert campaign_status(Campaign.objects.get(), now=CUTOVER).can_run_now
