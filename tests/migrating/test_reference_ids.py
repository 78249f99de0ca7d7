from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_adbudget.exceptions import IdempotencyMismatch
from django_adbudget.models import Campaign, SpendRecord
from django_adbudget.services import campaign_status, record_spend
from tests.migrating.layouts import CUTOVER, REHEARSAL, cents, instants, ledger, modules, moved_twice, undone

PAGE = "reference-ids.md"
old, moving = modules(PAGE)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("old_tables")]

TODAY = CUTOVER.date()
# What PostgreSQL can hold, and no two that some databases take for one.
references = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=255)
rows = st.dictionaries(
    references.map(lambda text: text.casefold().strip()[:255]).filter(bool),
    st.tuples(st.sampled_from([1, 2, None]), instants, cents | st.just(Decimal(0))),
    max_size=8,
)


def fill(records: dict[str, Any], **fields: Any) -> None:
    reset = {"last_daily_reset": TODAY, "last_monthly_reset": TODAY}
    old.Brand(id=1, name="Acme", daily_budget=100, monthly_budget=0, **reset).save()
    for number in (1, 2):
        old.Campaign(**{"id": number, "brand_id": 1, "name": f"Campaign {number}", "daily_budget": 50, **fields}).save()
    old.SpendRecord.objects.bulk_create(
        old.SpendRecord(
            id=number, brand_id=1, campaign_id=campaign, amount=amount, timestamp=at, reference_id=reference
        )
        for number, (reference, (campaign, at, amount)) in enumerate(records.items(), 1)
    )


@pytest.mark.sqlite
@given(rows)
@settings(max_examples=40)
def test_every_record_is_moved_once_under_its_reference(records: dict[str, Any]) -> None:
    """L2."""
    check(records)


def check(records: dict[str, Any]) -> None:
    with undone():
        fill(records)
        moved, after = moved_twice(moving)
        taken = {key: row for key, row in records.items() if row[1] < CUTOVER and row[2]}
        expected: dict[Any, Decimal] = {}
        for campaign, at, amount in taken.values():
            key = (f"oldsys:{campaign or 'none'}", "feed", at.date())
            expected[key] = expected.get(key, Decimal(0)) + amount
        assert after == expected
        assert set(SpendRecord.objects.values_list("idempotency_key", flat=True)) == {moving.key(key) for key in taken}
        assert moved.recorded == len(taken)


def test_references_of_every_kind() -> None:
    """The same on each database: long, with blanks around, beyond ASCII."""
    # MariaDB takes a, A and ä for one in the old table, where the reference is unique.
    kinds = ["a", "B ", " c", "Gebühr", "x" * 255, "中" * 100, "tab\there", "sha256:1", "~", "emoji 🎈"]
    changed = [reference for reference in kinds if moving.key(reference) != reference]
    assert changed == ["Gebühr", "中" * 100, "tab\there", "emoji 🎈"]
    check({reference: (1, CUTOVER - timedelta(hours=n), Decimal(n)) for n, reference in enumerate(kinds, 1)})


@given(rows)
@settings(max_examples=10)
@pytest.mark.sqlite
def test_a_rehearsal_leaves_no_trace_in_what_is_moved_after_it(records: dict[str, Any]) -> None:
    with undone():
        fill(records)
        moving.move(CUTOVER)
        straight = ledger()
    with undone():
        fill(records)
        moving.move(REHEARSAL)
        moving.move(CUTOVER)
        assert ledger() == straight


def test_a_feed_that_sends_again_is_not_counted_again() -> None:
    """L2."""
    at = CUTOVER - timedelta(hours=2)
    fill({"gads-1": (1, at, Decimal(10)), "Gebühr": (2, at, Decimal(5))})
    moving.move(CUTOVER)
    for reference, number, amount in [("gads-1", 1, 10), ("Gebühr", 2, 5)]:
        campaign = Campaign.objects.get(external_id=f"oldsys:{number}")
        sent: dict[str, Any] = {
            "at": at,
            "source": moving.SOURCE,
            "idempotency_key": moving.key(reference),
            "now": CUTOVER,
        }
        assert record_spend(campaign, amount, **sent).replayed
        with pytest.raises(IdempotencyMismatch):
            record_spend(campaign, amount + 1, **sent)
    assert SpendRecord.objects.total() == 15


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        ({"status": "active"}, []),
        ({"status": "active", "is_active": False}, []),
        ({"status": "paused", "is_active": False}, ["CAMPAIGN_OFF"]),
        ({"status": "completed", "is_active": False}, ["ENDED"]),
        ({"status": "archived", "is_active": False}, ["CAMPAIGN_OFF"]),
        ({"status": "active", "daily_budget": 0}, ["CAMPAIGN_DAILY_BUDGET"]),
    ],
)
def test_statuses(fields: dict[str, Any], reasons: list[str]) -> None:
    """S1, S2."""
    fill({}, **fields)
    moving.move(CUTOVER)
    moving.go_live(old.Brand.objects.get(), actor="jane", now=CUTOVER)
    found = campaign_status(Campaign.objects.get(external_id="oldsys:1"), now=CUTOVER).reasons
    assert [reason.value for reason in found] == reasons


@pytest.mark.parametrize(
    ("windows", "reasons"),
    [
        ([], []),
        ([(2, time(9), time(17), "UTC", True)], []),
        ([(2, time(9), time(17), "UTC", False)], ["OUTSIDE_DAYPARTING"]),
        ([(2, time(0), time(0), "UTC", True)], []),
        ([(2, time(9), time(14), "UTC", True), (2, time(14), time(18), "UTC", True)], []),
        ([(3, time(0), time(1), "Asia/Tokyo", True)], []),
        (
            [(2, time(9), time(17), "UTC", True), (2, time(9), time(17), "Asia/Tokyo", True)],
            ["CAMPAIGN_OFF", "OUTSIDE_DAYPARTING"],
        ),
        ([(2, time(9), time(17), "Mars/Olympus", True)], ["CAMPAIGN_OFF", "OUTSIDE_DAYPARTING"]),
    ],
)
def test_hours(windows: list[Any], reasons: list[str]) -> None:
    """T5, T6."""
    fill({})
    for number, (day, start, end, zone, is_active) in enumerate(windows, 1):
        row = {"id": number, "campaign_id": 1, "day_of_week": day, "timezone": zone, "is_active": is_active}
        old.DaypartingSchedule(**row, start_time=start, end_time=end).save()
    moving.move(CUTOVER)
    moving.go_live(old.Brand.objects.get(), actor="jane", now=CUTOVER)
    found = campaign_status(Campaign.objects.get(external_id="oldsys:1"), now=CUTOVER).reasons
    assert [reason.value for reason in found] == reasons
