from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_adbudget.models import Brand, Campaign
from django_adbudget.services import brand_status, campaign_status
from tests.migrating.layouts import CUTOVER, REHEARSAL, instants, ledger, modules, moved_twice, of_source, undone

PAGE = "brand-counters.md"
old, moving = modules(PAGE)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("old_tables")]

MICRO = Decimal("0.000001")
floats = st.floats(-1e6, 1e6, allow_nan=False, width=64) | st.sampled_from([0.0, 0.1, 0.2, 1 / 3, 5e-7, 1e-9, -0.1])
rows = st.lists(st.tuples(st.sampled_from([1, 2]), instants, floats))
counters = st.tuples(st.floats(0, 1e7), st.floats(0, 1e7))


def fill(logs: list[Any], day: float = 0.0, month: float = 0.0, **fields: Any) -> None:
    spent = {"current_daily_spend": day, "current_monthly_spend": month}
    old.Brand(**{"id": 1, "name": "Acme", "daily_budget": 100.0, "monthly_budget": 1000.0, **spent, **fields}).save()
    for number in (1, 2):
        old.Campaign(id=number, brand_id=1, name=f"Campaign {number}").save()
    old.SpendLog.objects.bulk_create(
        old.SpendLog(id=number, campaign_id=campaign, timestamp=at, amount=amount)
        for number, (campaign, at, amount) in enumerate(logs, 1)
    )


def rounded(amount: float) -> Decimal:
    return Decimal(str(amount)).quantize(MICRO)


@given(rows, counters)
@settings(max_examples=40)
def test_each_day_has_the_sum_of_its_rows_and_the_counters_hold_where_they_say_more(
    logs: list[Any], told: tuple[float, float]
) -> None:
    """M1, L7. What rounding added is reported exactly; a day that would end below zero is 0, and noted."""
    with undone():
        fill(logs, *told)
        moved, after = moved_twice(moving)
        before = [(campaign, at.date(), amount) for campaign, at, amount in logs if at < CUTOVER]
        sums: dict[Any, Decimal] = {}
        for campaign, day, amount in before:
            key = (f"oldsys:{campaign}", "oldsys", day)
            sums[key] = sums.get(key, Decimal(0)) + rounded(amount)
        held = {key: total for key, total in sums.items() if total > 0}
        assert {key: total for key, total in after.items() if key[1] == "oldsys"} == held
        assert moved.rounded == sum((rounded(a) - Decimal(str(a)) for *_, a in before), Decimal(0))
        assert sum("set to 0" in note for note in moved.notes) == sum(total < 0 for total in sums.values())
        of_today = sum((total for (*_, day), total in held.items() if day == CUTOVER.date()), Decimal(0))
        of_month = sum((total for (*_, day), total in held.items() if day >= CUTOVER.date().replace(day=1)), Decimal(0))
        spent = [limit.spent for limit in brand_status(Brand.objects.get(), now=CUTOVER).limits]
        day, month = (rounded(counter) for counter in told)
        added = max(day - of_today, Decimal(0))
        assert spent == [of_today + added, of_month + max(month - of_month, added)]


@given(rows, counters)
@settings(max_examples=15)
def test_a_rehearsal_leaves_no_trace_in_what_is_moved_after_it(logs: list[Any], told: tuple[float, float]) -> None:
    def of_this_month() -> Any:
        return {key: total for key, total in ledger().items() if key[2] >= CUTOVER.date().replace(day=1)}

    with undone():
        fill(logs, *told)
        moving.move(CUTOVER)
        straight = of_this_month()
    for rehearsal in (REHEARSAL, CUTOVER.replace(day=10)):
        with undone():
            fill(logs, *told)
            moving.move(rehearsal)
            moving.move(CUTOVER)
            assert of_this_month() == straight


def test_the_sum_of_floats_is_what_people_read() -> None:
    fill([(1, CUTOVER.replace(hour=9), 0.1), (1, CUTOVER.replace(hour=9), 0.2)], 0.1 + 0.2, 0.1 + 0.2)
    moved, after = moved_twice(moving)
    assert of_source(after, "oldsys") == Decimal("0.3")
    assert (moved.rounded, of_source(after, "oldsys:opening")) == (0, 0)


@pytest.mark.parametrize(
    ("fields", "schedule", "reasons"),
    [
        ({}, None, ["CAMPAIGN_OFF"]),
        ({"current_daily_spend": 100.0}, None, ["BRAND_DAILY_BUDGET"]),
        ({"current_monthly_spend": 1000.0}, None, ["BRAND_MONTHLY_BUDGET"]),
        ({}, (time(9), time(14)), ["OUTSIDE_DAYPARTING"]),
        ({}, (time(22), time(6)), ["OUTSIDE_DAYPARTING"]),
        ({}, (time(9), time(16)), ["CAMPAIGN_OFF"]),
        ({}, (time(22), time(16)), ["CAMPAIGN_OFF"]),
        ({}, (time(0), time(23, 59)), ["CAMPAIGN_OFF"]),
        ({}, (time(9), time(9)), ["CAMPAIGN_OFF", "OUTSIDE_DAYPARTING"]),
    ],
)
def test_a_switch_that_budget_or_hours_explain_was_the_systems(
    fields: dict[str, float], schedule: tuple[time, time] | None, reasons: list[str]
) -> None:
    """S1, S2."""
    fill([], **fields)
    old.Campaign.objects.filter(id=1).update(is_active=False)
    if schedule:
        old.DaypartingSchedule(campaign_id=1, start_time=schedule[0], end_time=schedule[1]).save()
    moving.move(CUTOVER)
    moving.go_live(old.Brand.objects.get(), actor="jane", now=CUTOVER)
    found = campaign_status(Campaign.objects.get(external_id="oldsys:1"), now=CUTOVER).reasons
    assert [reason.value for reason in found] == reasons


@given(st.times().map(lambda at: at.replace(second=0, microsecond=0)), st.times(), instants)
@settings(max_examples=40)
def test_hours_hold_as_they_did_but_for_the_last_minute(start: time, end: time, moment: Any) -> None:
    """T5. The old window had its end in it, so that instant is left out."""
    end, now = end.replace(second=0, microsecond=0), moment.time()
    if start == end or now == end or end == time(23, 59):
        return
    with undone():
        fill([])
        old.DaypartingSchedule(campaign_id=1, start_time=start, end_time=end).save()
        moving.move(CUTOVER)
        allowed = start <= now <= end if start <= end else now >= start or now <= end
        campaign = Campaign.objects.get(external_id="oldsys:1")
        assert campaign_status(campaign, now=moment).is_within_dayparting is allowed
