from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from django_adbudget import services, signals
from django_adbudget.exceptions import UnknownTimezone
from django_adbudget.models import Brand, BudgetSummary, Campaign, Heartbeat, StatusChange
from django_adbudget.rules import Period, Status
from django_adbudget.services.enforcement import reconciling
from tests.factories import NOW, make_brand, make_campaign

pytestmark = pytest.mark.django_db


def test_a_tick_evaluates_what_is_due_and_nothing_else() -> None:
    """S4."""
    campaign = make_campaign(daily_budget=5)
    make_campaign()
    services.record_spend(campaign, 5, now=NOW)
    assert services.reconcile(due_only=True, now=NOW).evaluated == 0
    midnight = datetime(2026, 3, 11, 23, tzinfo=UTC)
    assert services.reconcile(due_only=True, now=midnight - timedelta(seconds=1)).evaluated == 0
    result = services.reconcile(due_only=True, now=midnight)
    assert (result.evaluated, result.changed, result.activated, result.paused) == (1, 1, 1, 0)
    change = StatusChange.objects.latest("pk")
    assert (change.cause, change.at) == ("TICK", midnight)
    assert services.reconcile(due_only=True, now=midnight).evaluated == 0


def test_a_sweep_catches_an_update_beside_save_and_bulk_created_rows() -> None:
    """S4."""
    brand = make_brand()
    (fresh,) = Campaign.objects.bulk_create([Campaign(brand=brand, name="bulk", status="ACTIVE")])
    assert services.reconcile(due_only=True, now=NOW).activated == 1
    Brand.objects.update(daily_budget=0)
    assert services.reconcile(due_only=True, now=NOW).evaluated == 0
    assert services.reconcile(now=NOW).paused == 1
    brand.refresh_from_db()
    assert brand.evaluated_at == NOW
    assert services.campaign_status(fresh.pk, now=NOW).stored_status == Status.PAUSED_BUDGET


def test_a_dry_run_counts_and_writes_nothing() -> None:
    campaign = make_campaign()
    Brand.objects.update(daily_budget=0)
    assert services.reconcile(dry_run=True, now=NOW).paused == 1
    assert Campaign.objects.get(pk=campaign.pk).status == Status.ACTIVE
    assert not Heartbeat.objects.exists()


def test_brands_narrow_it() -> None:
    first, second = make_campaign(), make_campaign()
    Brand.objects.update(daily_budget=0)
    assert services.reconcile(brands=[first.brand], now=NOW).evaluated == 1
    assert services.reconcile(brands=[second.brand_id], now=NOW).paused == 1


def test_large_brands_go_in_parts_and_small_ones_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """S4b."""
    monkeypatch.setattr(reconciling, "CHUNK", 3)
    monkeypatch.setattr(reconciling, "LOOK", 3)
    for size in (7, 1, 1, 2):
        brand = make_brand()
        Campaign.objects.bulk_create([Campaign(brand=brand, name=f"c{n}") for n in range(size)])
    assert services.reconcile(due_only=True, now=NOW).activated == 11
    assert services.reconcile(now=NOW).evaluated == 11


def test_an_unknown_zone_stops_nobody_else() -> None:
    """T7."""
    lost, well, own = make_campaign(), make_campaign(), make_campaign()
    Brand.objects.filter(pk=lost.brand_id).update(timezone="Mars/Phobos")
    Campaign.objects.filter(pk=own.pk).update(timezone="Mars/Phobos")
    Brand.objects.update(daily_budget=0)
    result = services.reconcile(now=NOW)
    assert (result.evaluated, result.paused, result.failed) == (1, 1, 2)
    lost.refresh_from_db()
    assert lost.status == Status.ACTIVE
    for campaign in (lost, own):
        with pytest.raises(UnknownTimezone):
            services.campaign_status(campaign, now=NOW)
    with pytest.raises(UnknownTimezone):
        services.brand_status(lost.brand, now=NOW)
    with pytest.raises(UnknownTimezone):
        services.record_spend(lost, 1, now=NOW)
    assert services.campaign_status(well, now=NOW).status == Status.PAUSED_BUDGET


def test_opening_a_period_twice_late_or_never_changes_no_total(django_capture_on_commit_callbacks: Any) -> None:
    """T2."""
    opened: list[tuple[Any, ...]] = []

    def receive(brand: Brand, period: str, start: date, **kwargs: Any) -> None:
        opened.append((brand.pk, period, start))

    campaign = make_campaign(make_brand(timezone="Asia/Tokyo"))
    other = make_brand(timezone="Pacific/Honolulu")
    Brand.objects.filter(pk=make_brand().pk).update(timezone="Mars/Phobos")
    services.record_spend(campaign, 5, now=NOW)
    signals.period_opened.connect(receive)
    with django_capture_on_commit_callbacks(execute=True):
        assert services.open_periods(Period.DAY, now=NOW)[0] == 1
        assert services.open_periods(Period.DAY, now=NOW)[0] == 0
        assert services.open_periods(Period.MONTH, now=datetime(2026, 3, 31, 15, tzinfo=UTC))[0] == 2
    signals.period_opened.disconnect(receive)
    assert (other.pk, "DAY", date(2026, 3, 11)) in opened
    assert (campaign.brand_id, "MONTH", date(2026, 4, 1)) in opened
    spend = BudgetSummary.objects.filter(brand=campaign.brand).values_list("period", "start", "spend")
    assert ("DAY", date(2026, 3, 11), 5) in spend
    assert services.verify_summaries() == []


def test_reads_are_derived_and_show_the_projection_beside() -> None:
    """S6."""
    campaign = make_campaign(make_brand(daily_budget=10), total_budget=100)
    services.record_spend(campaign, 10, now=NOW)
    tomorrow = NOW + timedelta(days=1)
    status = services.campaign_status(campaign, now=tomorrow)
    assert (status.status, status.stored_status, status.can_run_now) == ("ACTIVE", "PAUSED_BUDGET", True)
    assert {(lim.level, lim.period): (lim.spent, lim.budget, lim.remaining) for lim in status.limits} == {
        ("BRAND", "DAY"): (0, 10, 10),
        ("BRAND", "MONTH"): (10, None, None),
        ("CAMPAIGN", "DAY"): (0, None, None),
        ("CAMPAIGN", "MONTH"): (10, None, None),
        ("CAMPAIGN", "TOTAL"): (10, 100, 90),
    }
    brand = services.brand_status(campaign.brand, now=tomorrow)
    assert (brand.date, brand.month, brand.currency) == (date(2026, 3, 12), date(2026, 3, 1), "EUR")
    assert [(lim.period, lim.spent) for lim in brand.limits] == [("DAY", 0), ("MONTH", 10)]
    expected = {"total": 1, "active": 1, "paused_budget": 0, "paused_daypart": 0, "inactive": 0}
    assert brand.campaign_counts == expected


def test_figures_of_a_brand_on_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_adbudget.clock.timezone.now", lambda: NOW)
    brand = make_brand(daily_budget=10)
    services.record_spend(make_campaign(brand), 4, now=NOW)
    assert (brand.daily_spend, brand.current_daily_spend, brand.monthly_spend) == (4, 4, 4)
    assert (brand.daily_remaining, brand.monthly_remaining) == (6, None)


def test_differences_are_found_to_the_micro_unit_and_mended() -> None:
    """L5."""
    brand = make_brand(daily_budget=10)
    campaign = make_campaign(brand)
    services.record_spend(campaign, 9, now=NOW)
    BudgetSummary.objects.filter(period="DAY").update(spend="9.000001")
    campaign.summaries.filter(period="TOTAL").delete()
    BudgetSummary.objects.create(brand=make_brand(), period="MONTH", start=date(2026, 1, 1), spend=1)
    found = services.verify_summaries()
    assert {(d.campaign_id, d.period, d.ledger, d.summary) for d in found} == {
        (None, "DAY", 9, found[0].summary),
        (None, "MONTH", 0, 1),
        (campaign.pk, "TOTAL", 9, 0),
    }
    assert services.verify_summaries(brands=[brand]) == [d for d in found if d.brand_id == brand.pk]
    assert services.rebuild_summaries() == 3
    assert services.verify_summaries() == []


def test_heartbeats() -> None:
    for at in (NOW, NOW + timedelta(minutes=1)):
        services.reconcile(due_only=True, now=at)
        services.reconcile(now=at)
        services.deliver_status_changes(now=at)
        assert dict(Heartbeat.objects.values_list("name", "at")) == dict.fromkeys(["tick", "sweep", "deliverer"], at)
