from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_adbudget.models import Campaign
from django_adbudget.services import campaign_status
from tests.migrating.layouts import CUTOVER, REHEARSAL, cents, instants, ledger, modules, moved_twice, undone

PAGE = "flights.md"
old, moving = modules(PAGE)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("old_tables")]

TODAY = CUTOVER.date()
amounts = cents.filter(lambda amount: amount < 10**6)
rows = st.lists(st.tuples(st.sampled_from([1, 2]), instants, amounts | amounts.map(lambda amount: -amount), st.text()))


def fill(logs: list[Any], **fields: Any) -> None:
    old.Brand(id=1, name="Acme").save()
    for number in (1, 2):
        values = {
            "daily_budget": 50,
            "monthly_budget": 900,
            "status": "active",
            "start_date": date(2026, 1, 1),
            **fields,
        }
        old.Campaign(id=number, brand_id=1, name=f"Campaign {number}", **values).save()
    old.SpendLog.objects.bulk_create(
        old.SpendLog(id=number, campaign_id=campaign, timestamp=at, amount=amount, description=text.replace("\x00", ""))
        for number, (campaign, at, amount, text) in enumerate(logs, 1)
    )


@given(rows)
@settings(max_examples=40)
def test_every_row_is_moved_once_or_noted(logs: list[Any]) -> None:
    """L2."""
    with undone():
        fill(logs)
        moved, after = moved_twice(moving)
        before = [(campaign, at, amount) for campaign, at, amount, _ in logs if at < CUTOVER]
        expected: dict[Any, Decimal] = {}
        for campaign, at, amount in before:
            if amount > 0:
                key = (f"oldsys:{campaign}", "oldsys", at.date())
                expected[key] = expected.get(key, Decimal(0)) + amount
        assert after == expected
        assert sum("was not taken" in note for note in moved.notes) == sum(amount < 0 for *_, amount in before)


@given(rows)
@settings(max_examples=15)
def test_a_rehearsal_leaves_no_trace_in_what_is_moved_after_it(logs: list[Any]) -> None:
    with undone():
        fill(logs)
        moving.move(CUTOVER)
        straight = ledger()
    with undone():
        fill(logs)
        moving.move(REHEARSAL)
        moving.move(CUTOVER)
        assert ledger() == straight


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        ({"status": "active"}, []),
        ({"status": "active", "end_date": TODAY}, []),
        ({"status": "active", "end_date": day(-1)}, ["ENDED"]),
        ({"status": "active", "start_date": day(1)}, ["NOT_STARTED"]),
        ({"status": "active", "start_date": day(5), "end_date": day(-5)}, ["CAMPAIGN_OFF"]),
        ({"status": "draft"}, ["CAMPAIGN_OFF"]),
        ({"status": "draft", "start_date": day(9)}, ["CAMPAIGN_OFF", "NOT_STARTED"]),
        ({"status": "completed"}, ["ENDED"]),
        ({"status": "completed", "end_date": day(30)}, ["ENDED"]),
        ({"status": "completed", "start_date": day(30), "end_date": day(40)}, ["ENDED"]),
        ({"status": "paused"}, ["CAMPAIGN_OFF"]),
        ({"status": "paused", "daily_spend": 50}, ["CAMPAIGN_OFF"]),
        ({"status": "paused", "daily_spend": Decimal("50.01")}, []),
        ({"status": "paused", "monthly_spend": 901}, []),
    ],
)
def test_statuses(fields: dict[str, Any], reasons: list[str]) -> None:
    """S2, S8. A pause that its counters explain was the system's; the log, which says nothing here, decides."""
    fill([], **fields)
    moving.move(CUTOVER)
    moving.go_live(old.Brand.objects.get(), actor="jane", now=CUTOVER)
    found = campaign_status(Campaign.objects.get(external_id="oldsys:1"), now=CUTOVER).reasons
    assert [reason.value for reason in found] == reasons


@pytest.mark.parametrize(
    ("windows", "status", "reasons"),
    [
        ([(3, time(9), time(23, 59), True)], "active", []),
        ([(2, time(9), time(18), True)], "active", ["OUTSIDE_DAYPARTING"]),
        ([(2, time(9), time(18), False)], "active", []),
        ([(7, time(9), time(18), True)], "paused", ["OUTSIDE_DAYPARTING"]),
        ([(3, time(9), time(18), True)], "paused", ["CAMPAIGN_OFF"]),
        ([(2, time(22), time(16), True)], "active", []),
        ([(3, time(9), time(9), True)], "active", []),
    ],
)
def test_hours(windows: list[Any], status: str, reasons: list[str]) -> None:
    """T5, T6. 1 is Monday."""
    fill([], status=status)
    for number, (weekday, start, end, is_active) in enumerate(windows, 1):
        row = {"id": number, "campaign_id": 1, "day_of_week": weekday, "is_active": is_active}
        old.DaypartingSchedule(**row, start_time=start, end_time=end).save()
    moving.move(CUTOVER)
    moving.go_live(old.Brand.objects.get(), actor="jane", now=CUTOVER)
    found = campaign_status(Campaign.objects.get(external_id="oldsys:1"), now=CUTOVER).reasons
    assert [reason.value for reason in found] == reasons
