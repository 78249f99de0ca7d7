from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from django_adbudget import services
from django_adbudget.models import SpendRecord
from django_adbudget.rules import local_date
from django_adbudget.services.gate import ledger_alias
from django_adbudget.services.reports.series import DaySpend, spend_by_day, spend_by_hour
from tests.factories import NOW, make_brand, make_campaign, money

pytestmark = pytest.mark.django_db(databases="__all__")

TODAY, YESTERDAY = date(2026, 3, 11), date(2026, 3, 10)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
#: A month in which clocks are set in both halves of the globe.
FROM = datetime(2025, 10, 4, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def by_clock(day: DaySpend) -> dict[str, Decimal]:
    """Hours that bear spend, by what the clock shows."""
    return {f"{hour.local:%H:%M %z}": hour.spent for hour in day.hours if hour.spent}


def test_spend_stands_in_the_hour_of_the_local_clock() -> None:
    """T1, T3."""
    campaign = make_campaign()
    for when, amount in (
        ("2026-03-09 23:30", 1),
        ("2026-03-10 22:59", 2),
        ("2026-03-10 23:00", 4),
        ("2026-03-11 10:59", 8),
    ):
        services.record_spend(campaign, amount, at=at(when), now=NOW)
    for owner in (campaign, campaign.brand):
        yesterday, today = spend_by_hour(owner, (YESTERDAY, TODAY), "Europe/Berlin")
        assert by_clock(yesterday) == {"00:00 +0100": 1, "23:00 +0100": 2}
        assert by_clock(today) == {"00:00 +0100": 4, "11:00 +0100": 8}


@pytest.mark.parametrize(
    ("zone", "day", "instants", "hours"),
    [
        (
            "Europe/Berlin",
            date(2025, 10, 26),
            ("2025-10-26 00:30", "2025-10-26 01:30"),
            ["02:00 +0200", "02:00 +0100"],
        ),
        ("Europe/Berlin", date(2025, 3, 30), ("2025-03-30 00:59", "2025-03-30 01:00"), ["01:00 +0100", "03:00 +0200"]),
        ("Asia/Kolkata", date(2026, 3, 11), ("2026-03-10 18:30", "2026-03-10 19:29"), ["00:00 +0530", "00:00 +0530"]),
        (
            "Australia/Lord_Howe",
            date(2025, 4, 6),
            ("2025-04-05 14:59", "2025-04-05 15:00"),
            ["01:00 +1100", "01:30 +1030"],
        ),
    ],
)
def test_hours_of_clocks_that_are_set_or_stand_between_hours(
    zone: str, day: date, instants: tuple[str, str], hours: list[str]
) -> None:
    """T3, T5."""
    campaign = make_campaign(make_brand(timezone=zone))
    for when in instants:
        services.record_spend(campaign, 1, at=at(when), now=NOW)
    (found,) = spend_by_hour(campaign, [day], zone)
    assert by_clock(found) == {hour: hours.count(hour) for hour in hours}


def test_what_was_reported_for_the_whole_day_is_no_spike_at_midnight() -> None:
    """L6, L7: a restatement stands at the day's first instant; a correction takes back in its hour."""
    campaign = make_campaign()
    record = services.record_spend(campaign, 5, at=at("2026-03-11 08:10"), source="api", now=NOW).record
    services.correct_spend(record, 2, now=NOW)
    services.set_spend_total(campaign, TODAY, 90, source="google", now=NOW)
    services.set_spend_total(campaign, TODAY, 70, source="google", now=NOW)
    (today,) = spend_by_hour(campaign, [TODAY], "Europe/Berlin")
    assert by_clock(today) == {"09:00 +0100": 3}
    assert (today.whole_day, today.elsewhere, today.total) == (70, 0, 73)


def test_spend_of_a_zone_that_was_left_is_told_apart() -> None:
    """T1: the local date stays, its instant lies in another date of the new zone."""
    campaign = make_campaign()
    services.record_spend(campaign, 7, at=at("2026-03-10 23:30"), now=NOW)
    yesterday, today = spend_by_hour(campaign, (YESTERDAY, TODAY), "America/New_York")
    assert (by_clock(today), today.elsewhere, today.total) == ({}, 7, 7)
    assert yesterday.total == 0


def test_one_statement_for_two_days() -> None:
    """H1: of the ledger's database."""
    campaign = make_campaign()
    services.record_spend_batch(
        [{"campaign": campaign, "amount": 1, "at": NOW - n * HOUR / 4} for n in range(60)], now=NOW
    )
    with CaptureQueriesContext(connections[ledger_alias()]) as statements:
        days = spend_by_hour(campaign.brand, (YESTERDAY, TODAY), "Europe/Berlin")
    assert len(statements) == 1
    assert sum(day.total for day in days) == 60


def test_days_come_from_the_totals() -> None:
    """T4."""
    campaign = make_campaign()
    services.record_spend(campaign, money("1.5"), at=at("2026-03-01 12:00"), now=NOW)
    services.record_spend(campaign, 2, at=at("2026-02-28 12:00"), now=NOW)
    services.record_spend(campaign, 4, now=NOW)
    for owner in (campaign, campaign.brand):
        assert spend_by_day(owner, date(2026, 3, 1), date(2026, 3, 31)) == {
            date(2026, 3, 1): money("1.5"),
            TODAY: 4,
        }


class Adding(TestCase):
    """L5: whatever is recorded when, the parts of a day are what the ledger holds for its date."""

    databases = "__all__"

    @settings(max_examples=25)
    @given(
        zone=st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana"]),
        spends=st.lists(
            st.tuples(st.integers(0, 30 * 24 * 60), st.integers(1, 10**9)),
            min_size=1,
            max_size=12,
        ),
        total=st.integers(0, 50),
    )
    def test_parts_add_up(self, zone: str, spends: list[tuple[int, int]], total: int) -> None:
        campaign = make_campaign(make_brand(timezone=zone))
        recorded = [(FROM + minutes * MINUTE, Decimal(micros).scaleb(-6)) for minutes, micros in spends]
        for when, amount in recorded:
            services.record_spend(campaign, amount, at=when, now=NOW)
        day = local_date(recorded[0][0], zone)
        services.set_spend_total(campaign, day, total, source="platform", now=NOW)
        (found,) = spend_by_hour(campaign, [day], zone)
        assert found.whole_day == total
        assert found.elsewhere == 0
        assert found.total == SpendRecord.objects.filter(spend_date=day).total()
        for hour in found.hours:
            assert hour.spent == sum(amount for when, amount in recorded if hour.start <= when < hour.end)
