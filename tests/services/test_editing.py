from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from django_adbudget import services
from django_adbudget.exceptions import AdBudgetError, UnknownTimezone
from django_adbudget.models import Brand, BudgetAlert, BudgetChange, Campaign, DaypartingSchedule, StatusChange
from django_adbudget.rules import Reason, Status
from tests.factories import NOW, make_brand, make_campaign, make_window, money
from tests.integration.books import check_books

pytestmark = pytest.mark.django_db


def history(campaign: Campaign) -> list[tuple[str, str]]:
    rows = StatusChange.objects.filter(campaign=campaign).order_by("pk")
    return [(row.from_status, row.to_status) for row in rows]


def test_a_new_campaign_is_evaluated_as_it_is_created() -> None:
    """S4: and the instance carries the fresh projection (S1)."""
    campaign = make_campaign()
    assert campaign.status == Status.ACTIVE
    assert (campaign.desired_generation, campaign.acked_generation, campaign.in_sync) == (1, 0, False)
    assert campaign.platform_order.action == "RUN"
    off = make_campaign(is_active=False)
    assert (off.status, off.status_reasons, off.desired_generation) == (Status.INACTIVE, (Reason.CAMPAIGN_OFF,), 0)
    assert off.in_sync
    assert history(off) == []


def test_a_raised_budget_resumes_at_once_and_a_lowered_one_pauses_at_once() -> None:
    """S4."""
    brand = make_brand(daily_budget=10)
    campaign = make_campaign(brand)
    with services.editing(brand, now=NOW):
        services.record_spend(campaign, 10, now=NOW)
        brand.daily_budget = money("10.000001")
        brand.save()
    campaign.refresh_from_db()
    assert campaign.status == Status.ACTIVE
    with services.editing(brand, now=NOW, actor="ann"):
        brand.daily_budget = money("10")
        brand.save()
    campaign.refresh_from_db()
    assert campaign.status_reasons == (Reason.BRAND_DAILY_BUDGET,)
    change = StatusChange.objects.filter(campaign=campaign).latest("pk")
    assert (change.actor, change.cause, change.at) == ("ann", "EDIT", NOW)
    assert change.figures["limits"] == [{"level": "BRAND", "period": "DAY", "spent": "10.00", "budget": "10.00"}]


def test_edits_are_kept_with_who_made_them() -> None:
    brand = make_brand(daily_budget=10)
    campaign = make_campaign(brand)
    with services.editing(brand, actor="ann", now=NOW):
        brand.daily_budget = None
        brand.name = "Renamed"
        brand.save()
        campaign.total_budget = money("99.5")
        campaign.is_active = False
        campaign.save()
    rows = BudgetChange.objects.order_by("pk").values_list("campaign", "field", "before", "after", "actor")
    assert set(rows) == {
        (None, "daily_budget", "10.00", None, "ann"),
        (campaign.pk, "total_budget", None, "99.50", "ann"),
        (campaign.pk, "is_active", "True", "False", "ann"),
    }


def test_save_with_update_fields_notes_and_decides_by_what_was_saved() -> None:
    campaign = make_campaign()
    campaign.is_active = False
    campaign.name = "Renamed"
    campaign.save(update_fields=["name"])
    assert campaign.status == Status.ACTIVE
    assert not BudgetChange.objects.exists()
    campaign.save(update_fields=["is_active"])
    assert campaign.status == Status.INACTIVE
    assert BudgetChange.objects.get().field == "is_active"


def test_seven_windows_in_one_edit_make_no_history_that_flaps() -> None:
    campaign = make_campaign()
    with services.editing(campaign.brand, now=NOW):
        for day in range(7):
            make_window(campaign, day, "00:00", "06:00")
    assert history(campaign) == [("INACTIVE", "ACTIVE"), ("ACTIVE", "PAUSED_DAYPART")]


def test_editing_that_raises_keeps_nothing() -> None:
    brand = make_brand(daily_budget=10)
    with pytest.raises(RuntimeError), services.editing(brand):
        brand.daily_budget = money("0")
        brand.save()
        raise RuntimeError
    assert Brand.objects.get().daily_budget == 10
    assert not BudgetChange.objects.exists()


def test_an_edit_within_an_edit_joins_it() -> None:
    brand = make_brand()
    campaign = make_campaign(brand)
    with services.editing(brand, now=NOW, actor="ann"):
        with services.editing(brand):
            brand.daily_budget = money("0")
            brand.save()
        with pytest.raises(RuntimeError), services.editing(brand):
            brand.monthly_budget = money("0")
            brand.save()
            raise RuntimeError
        assert Campaign.objects.get(pk=campaign.pk).status == Status.ACTIVE
    campaign.refresh_from_db()
    assert campaign.status_reasons == (Reason.BRAND_DAILY_BUDGET,)


def test_currency_and_brand_are_settled_by_the_first_spend() -> None:
    """M5."""
    brand = make_brand()
    campaign = make_campaign(brand)
    brand.currency = "USD"
    brand.save()
    other = make_brand()
    services.record_spend(campaign, 1, now=NOW)
    brand.currency = "EUR"
    with pytest.raises(AdBudgetError, match="currency"):
        brand.save()
    campaign.brand = other
    with pytest.raises(AdBudgetError, match="brand"):
        campaign.save()
    assert Campaign.objects.get(pk=campaign.pk).brand_id == brand.pk
    for row, field in ((brand, "currency"), (campaign, "brand")):
        with pytest.raises(ValidationError, match=field):
            row.full_clean()


@pytest.mark.parametrize(
    ("row", "values"),
    [
        (make_brand, {"timezone": ""}),
        (make_brand, {"timezone": "Berlin"}),
        (make_brand, {"currency": "XXQ"}),
        (make_brand, {"currency": "eur"}),
        (make_campaign, {"timezone": "Berlin"}),
        (make_campaign, {"dayparting": "NEVER"}),
    ],
)
def test_what_nothing_can_be_decided_by_is_not_saved(row: Callable[..., Any], values: dict[str, str]) -> None:
    """M5, T6, T7."""
    with pytest.raises(AdBudgetError):
        row(**values)
    there = row()
    for name, value in values.items():
        setattr(there, name, value)
    with pytest.raises(AdBudgetError):
        there.save()


@pytest.mark.parametrize("make", [make_brand, make_campaign])
def test_a_float_budget_is_a_type_error(make: Callable[..., Any]) -> None:
    """M1."""
    with pytest.raises(TypeError, match="float"):
        make(daily_budget=0.5)
    row = make()
    row.daily_budget = 0.5
    with pytest.raises(TypeError, match="float"):
        row.save()


def test_a_window_may_be_given_in_words_as_a_flight_may() -> None:
    window = DaypartingSchedule.objects.create(
        campaign=make_campaign(start_date="2026-03-01"), day_of_week="2", start_time="09:00", end_time="18:30"
    )
    assert (window.day_of_week, window.start_time, window.end_time) == (2, time(9), time(18, 30))
    with pytest.raises(ValidationError):
        DaypartingSchedule.objects.create(campaign=window.campaign, day_of_week=2, start_time="nine", end_time="18:30")


def test_windows_made_in_bulk_are_looked_at_by_the_next_tick() -> None:
    """S4."""
    campaign = make_campaign()
    assert Campaign.objects.get(pk=campaign.pk).next_check_at is None
    closed = DaypartingSchedule(campaign=campaign, day_of_week=0, start_time=time(3), end_time=time(4))
    DaypartingSchedule.objects.bulk_create([closed])
    assert services.reconcile(due_only=True, now=NOW).paused == 1


def test_a_zone_that_has_become_unknown_can_stay_but_not_be_chosen() -> None:
    """T7."""
    brand = make_brand()
    Brand.objects.update(timezone="Mars/Phobos")
    brand.refresh_from_db()
    brand.description = "still editable"
    brand.save()
    brand.timezone = "Mars/Deimos"
    with pytest.raises(UnknownTimezone):
        brand.save()


def test_a_switch_belongs_to_people() -> None:
    """S1: an exhausted campaign that is switched on stays paused."""
    campaign = make_campaign(daily_budget=5)
    services.record_spend(campaign, 5, now=NOW)
    assert services.deactivate_campaign(campaign, actor="ann", now=NOW).status == Status.INACTIVE
    assert not campaign.is_active
    campaign.save()
    status = services.activate_campaign(campaign, actor="bob", now=NOW)
    assert (status.status, status.reasons) == (Status.PAUSED_BUDGET, (Reason.CAMPAIGN_DAILY_BUDGET,))
    assert list(BudgetChange.objects.order_by("pk").values_list("actor", flat=True)) == ["ann", "bob"]
    with pytest.raises(Campaign.DoesNotExist):
        services.activate_campaign(campaign.pk + 1000)


def test_deleting_a_window_evaluates_and_deleting_a_campaign_takes_its_windows_along() -> None:
    with services.editing(now=NOW):
        campaign = make_campaign(dayparting="REQUIRED")
        window = make_window(campaign, 2, "11:00", "13:00")
    campaign.refresh_from_db()
    window.delete()
    campaign.refresh_from_db()
    assert campaign.status == Status.PAUSED_DAYPART
    make_window(campaign, 2, "11:00", "13:00")
    campaign.delete()
    campaign = make_campaign()
    make_window(campaign, 2, "11:00", "13:00")
    campaign.brand.delete()
    assert not Campaign.objects.filter(pk=campaign.pk).exists()


def test_what_has_spend_cannot_be_deleted() -> None:
    campaign = make_campaign()
    services.record_spend(campaign, 1, now=NOW)
    for row in (campaign, campaign.brand):
        with pytest.raises(Exception, match="protected"), transaction.atomic():
            row.delete()


class TestAlerts:
    """D4."""

    def thresholds(self) -> list[int | None]:
        return list(BudgetAlert.objects.order_by("pk").values_list("threshold", flat=True))

    def test_each_threshold_once_and_the_highest_of_several(self) -> None:
        campaign = make_campaign(make_brand(daily_budget=100))
        for amount in ("49.99", "0.01", "1", "45", "10"):
            services.record_spend(campaign, money(amount), now=NOW)
        assert self.thresholds() == [50, 80, 100]

    def test_a_dip_repeats_nothing_not_even_a_lower_threshold(self) -> None:
        campaign = make_campaign(make_brand(daily_budget=100))
        spend = services.record_spend(campaign, 90, now=NOW).record
        services.correct_spend(spend, 80, now=NOW)
        for _ in range(8):
            services.record_spend(campaign, 10, now=NOW)
        assert self.thresholds() == [80]
        services.record_spend(campaign, 10, now=NOW)
        assert self.thresholds() == [80, 100]

    def test_an_edited_budget_is_armed_anew_and_the_next_day_too(self) -> None:
        brand = make_brand(daily_budget=100)
        campaign = make_campaign(brand)
        services.record_spend(campaign, 85, now=NOW)
        with services.editing(brand, now=NOW):
            brand.daily_budget = money("150")
            brand.save()
        assert self.thresholds() == [80, 50]
        services.record_spend(campaign, 60, at=NOW, now=NOW)
        assert self.thresholds() == [80, 50, 80]
        tomorrow = NOW + timedelta(days=1)
        services.record_spend(campaign, 75, now=tomorrow)
        alert = BudgetAlert.objects.latest("pk")
        assert (alert.threshold, alert.period_start, alert.limit, alert.spend) == (50, date(2026, 3, 12), 150, 75)

    def test_a_budget_of_zero_and_yesterday_warn_nobody(self) -> None:
        campaign = make_campaign(make_brand(daily_budget=0), daily_budget=10)
        services.record_spend(campaign, 50, at=NOW - timedelta(days=1), now=NOW)
        assert self.thresholds() == []
        services.record_spend(campaign, 5, now=NOW)
        alert = BudgetAlert.objects.get()
        assert (alert.campaign, alert.budget, alert.threshold) == (campaign, "daily_budget", 50)

    def test_thresholds_are_a_setting(self, settings: Any) -> None:
        settings.ADBUDGET = {"ALERT_THRESHOLDS": [10]}
        campaign = make_campaign(make_brand(daily_budget=100))
        services.record_spend(campaign, 10, now=NOW)
        services.record_spend(campaign, 90, now=NOW)
        assert self.thresholds() == [10]


def test_spend_minutes_ahead_of_midnight_is_known_to_midnight() -> None:
    """T4 and the trap: nothing happens at midnight unless ``next_check_at`` knew."""
    brand = make_brand(daily_budget=10)
    spender, other = make_campaign(brand), make_campaign(brand)
    midnight = datetime(2026, 3, 11, 23, tzinfo=UTC)
    before = midnight - timedelta(minutes=2)
    services.record_spend(spender, 10, at=midnight + timedelta(minutes=2), now=before)
    for campaign in (spender, other):
        campaign.refresh_from_db()
        assert (campaign.status, campaign.next_check_at) == (Status.ACTIVE, midnight)
    assert services.reconcile(due_only=True, now=midnight).paused == 2


def test_an_edit_outside_any_transaction_is_atomic_with_its_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    """S4."""
    brand = make_brand()
    make_campaign(brand)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("django_adbudget.services.enforcement.evaluating._write", fail)
    brand.daily_budget = money("0")
    with pytest.raises(RuntimeError), transaction.atomic():
        brand.save()
    assert Brand.objects.get().daily_budget is None


def test_twenty_campaigns_that_pause_for_one_spend_cost_few_statements(
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    """Each has hours of its own, so that no two are to be looked at again at the same instant."""
    brand = make_brand(daily_budget=10, monthly_budget=10)
    campaigns = [make_campaign(brand, daily_budget=5) for _ in range(20)]
    for number, campaign in enumerate(campaigns):
        make_window(campaign, NOW.weekday(), "00:00", f"23:{number:02}")
    services.reconcile(now=NOW)
    services.record_spend(campaigns[0], 1, now=NOW)
    with django_assert_max_num_queries(16):  # with BEGIN and COMMIT
        assert len(services.record_spend(campaigns[1], 9, now=NOW).status_changes) == 20
    check_books(NOW)
