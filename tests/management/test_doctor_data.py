"""`adbudget_doctor`: faults of the data, each made to happen, and mended by the command that it names."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from django_adbudget import services
from django_adbudget.models import (
    Brand,
    BudgetSummary,
    Campaign,
    DaypartingSchedule,
    PlatformOrder,
)
from django_adbudget.services.doctor import Patient, windows
from tests.factories import NOW, make_brand, make_campaign, make_window
from tests.management.surgery import findings, obey, only, settle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_host")]


def test_totals_off(campaign: Campaign) -> None:
    services.record_spend(campaign, 5)
    BudgetSummary.objects.filter(period="DAY").update(spend=6)
    (found,) = only("totals-off", "error")
    assert f"the day total of brand {campaign.brand_id} is 6.00, the ledger says 5.00" in found["what"]
    assert findings(quick=True) == []
    obey(found)
    assert findings() == []


@pytest.mark.parametrize(
    ("due", "severity"), [(timedelta(hours=1), "error"), (timedelta(seconds=1), "warning"), (None, "warning")]
)
def test_stale_projection(campaign: Campaign, due: timedelta | None, severity: str) -> None:
    """Long due: nobody ticks. Due a moment ago, or changed by an ``update()``: the next tick or sweep will mend it."""
    at = None if due is None else timezone.now() - due
    Campaign.objects.update(status="PAUSED_DAYPART", next_check_at=at)
    (found,) = only("projection-stale", severity)
    obey(found)
    campaign.refresh_from_db()
    assert campaign.status == "ACTIVE"
    settle()
    assert findings() == []


def test_unknown_zone_of_a_brand(campaign: Campaign) -> None:
    """T7."""
    Brand.objects.update(timezone="Europe/Berlim")
    (found,) = only("zone-unknown", "error")
    obey(found)
    assert Brand.objects.get().timezone == "Europe/Berlin"
    settle()
    assert findings() == []


def test_unknown_zone_of_a_campaign(campaign: Campaign) -> None:
    Campaign.objects.update(timezone="Mars/Olympus")
    (found,) = only("zone-unknown", "error")
    obey(found)
    assert Campaign.objects.get().timezone == ""
    assert findings() == []


def test_a_required_campaign_without_a_window_never_opens(campaign: Campaign) -> None:
    """T6."""
    campaign.dayparting = "REQUIRED"
    campaign.save()
    make_window(campaign, 0, "09:00", "17:00", is_active=False)
    settle()
    for choice in (1, 0):
        (found,) = only("window-never-opens", "warning")
        obey(found, choice)
        settle()
        assert findings() == []
        Campaign.objects.update(dayparting="REQUIRED", is_active=True)
        settle()


def test_windows_that_miss_the_flight_never_open(campaign: Campaign) -> None:
    today = timezone.now().date()
    campaign.end_date = today + timedelta(days=3)
    campaign.save()
    make_window(campaign, (today.weekday() + 5) % 7, "09:00", "17:00")
    settle()
    (found,) = only("window-never-opens", "warning")
    assert f"opens before its last day, {campaign.end_date}" in found["what"]
    obey(found)
    settle()
    assert findings() == []


def test_a_window_in_what_is_left_of_a_flight_is_enough(campaign: Campaign) -> None:
    """A Wednesday noon in Berlin; the flight ends on Sunday."""
    campaign.end_date = date(2026, 3, 15)
    campaign.save()
    window = make_window(campaign, 2, "09:00", "12:00")
    assert len(list(windows.never_open(Patient("default", NOW)))) == 1
    assert not list(windows.never_open(Patient("default", NOW - timedelta(seconds=1))))
    for day, count in ((0, 1), (1, 1), (3, 0), (6, 0)):
        DaypartingSchedule.objects.filter(pk=window.pk).update(day_of_week=day)
        assert len(list(windows.never_open(Patient("default", NOW)))) == count
    after = datetime(2026, 3, 17, tzinfo=UTC)
    assert not list(windows.never_open(Patient("default", after)))


@pytest.mark.parametrize(
    ("start", "end", "left"), [(time(9, 0, 30), time(17), 1), (time(9), time(9, 0, 30), 0), (time(9), time(9, 1, 1), 1)]
)
def test_a_window_that_cannot_be_read(campaign: Campaign, start: time, end: time, left: int) -> None:
    today = timezone.now().date().weekday()
    window = make_window(campaign, today, "00:00", "00:00")
    settle()
    DaypartingSchedule.objects.filter(pk=window.pk).update(start_time=start, end_time=end)
    (found,) = only("window-unreadable", "error")
    obey(found)
    assert DaypartingSchedule.objects.count() == left
    settle()
    assert findings() == []


@pytest.mark.parametrize("field", ["daily_budget", "monthly_budget", "total_budget"])
@pytest.mark.parametrize("choice", [0, 1])
def test_budgets_of_nothing(campaign: Campaign, field: str, choice: int) -> None:
    setattr(campaign, field, 0)
    campaign.save()
    settle()
    (found,) = only("budget-zero", "hint")
    obey(found, choice)
    settle()
    assert findings() == []


def test_a_brands_budget_of_nothing(campaign: Campaign) -> None:
    Brand.objects.update(monthly_budget=0, daily_budget=None)
    settle()
    (found,) = only("budget-zero", "hint")
    assert f"The monthly budget of brand {campaign.brand_id} (Fahrrad) is 0" in found["what"]
    obey(found)
    settle()
    assert findings() == []


def test_a_daily_budget_above_the_monthly_one(campaign: Campaign) -> None:
    Brand.objects.update(daily_budget=3000)
    Campaign.objects.update(daily_budget=7, monthly_budget="6.999999")
    found = only("budget-order", "warning", count=2)
    for finding in found:
        obey(finding)
    assert findings() == []
    assert Brand.objects.get().daily_budget == 2000


@pytest.mark.parametrize("why", ["failed", "forgotten"])
def test_orders_stuck(campaign: Campaign, why: str) -> None:
    now = timezone.now()
    waiting = {"attempts": 5, "next_attempt_at": now + timedelta(minutes=9), "last_error": "quota"}
    forgotten = {"attempts": 0, "next_attempt_at": now - timedelta(minutes=16)}
    PlatformOrder.objects.update(state="PENDING", **(waiting if why == "failed" else forgotten))
    (found,) = only("orders-stuck", "error")
    assert ("The platform last said: quota" in found["what"]) is (why == "failed")
    obey(found)
    assert findings() == []


def test_many_of_a_kind_are_cut_short(campaign: Campaign) -> None:
    for _ in range(12):
        make_campaign(campaign.brand, total_budget=0)
    settle()
    found = findings()
    assert len(found) == 11
    assert found[-1]["what"] == "... and 2 more of this kind."


def test_it_can_be_narrowed_to_a_brand(campaign: Campaign) -> None:
    other = make_campaign(make_brand(name="Other"), total_budget=0)
    settle()
    Campaign.objects.filter(pk=other.pk).update(status="ACTIVE")
    assert findings(brand=["Fahrrad"]) == []
    assert {finding["code"] for finding in findings(brand=["Other"])} == {"budget-zero", "projection-stale"}
