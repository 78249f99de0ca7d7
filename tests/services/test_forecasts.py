"""Alerts for budgets that are about to be exhausted (rule D4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from django_adbudget import services, signals
from django_adbudget.models import BudgetAlert
from django_adbudget.services.alerts.forecasts import raise_forecasts
from tests.factories import NOW, make_brand, make_campaign, money

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def test_one_that_runs_out_within_the_hour_is_told_of_once() -> None:
    brand = make_brand(daily_budget=100)
    campaign = make_campaign(brand)
    services.record_spend(campaign, 40, now=NOW)
    assert raise_forecasts(now=NOW) == 0, "it lasts for 90 minutes"
    services.record_spend(campaign, 20, now=NOW)
    assert raise_forecasts(now=NOW) == 1
    alert = BudgetAlert.objects.get(kind="FORECAST")
    assert (alert.brand, alert.campaign, alert.budget, alert.threshold) == (brand, None, "daily_budget", None)
    assert (alert.spend, alert.limit, alert.rate_per_hour) == (60, 100, 60)
    assert alert.exhausted_at == NOW + 40 * MINUTE
    assert raise_forecasts(now=NOW + MINUTE) == 0


def test_it_hides_no_threshold() -> None:
    campaign = make_campaign(make_brand(daily_budget=100))
    services.record_spend(campaign, 60, now=NOW)
    raise_forecasts(now=NOW)
    services.record_spend(campaign, 40, now=NOW)
    assert list(BudgetAlert.objects.order_by("pk").values_list("kind", "threshold")) == [
        ("THRESHOLD", 50),
        ("FORECAST", None),
        ("THRESHOLD", 100),
    ]


def test_a_raised_budget_and_the_next_day_arm_it_anew() -> None:
    brand = make_brand(daily_budget=100)
    campaign = make_campaign(brand)
    services.record_spend(campaign, 60, now=NOW)
    raise_forecasts(now=NOW)
    for budget, raised in (("110", 1), ("100", 0), ("110", 0)):
        with services.editing(brand, now=NOW):
            brand.daily_budget = money(budget)
            brand.save()
        assert raise_forecasts(now=NOW) == raised
    tomorrow = NOW + timedelta(days=1)
    services.record_spend(campaign, 60, now=tomorrow)
    assert raise_forecasts(now=tomorrow) == 1


def test_not_once_the_budget_was_reached() -> None:
    """Also where a correction has brought it back under."""
    campaign = make_campaign(make_brand(daily_budget=100))
    spend = services.record_spend(campaign, 100, now=NOW).record
    services.correct_spend(spend, 20, now=NOW)
    assert raise_forecasts(now=NOW) == 0


def test_settings_and_brands_that_want_none(settings: Any) -> None:
    brand = make_brand(daily_budget=100, alert_thresholds=())
    services.record_spend(make_campaign(brand), 60, now=NOW)
    assert raise_forecasts(now=NOW) == 0
    brand.alert_thresholds = (90,)
    brand.save()
    for minutes, raised in ((None, 0), (39, 0), (40, 1)):
        settings.ADBUDGET = {"ALERT_FORECAST_MINUTES": minutes}
        assert raise_forecasts(now=NOW) == raised
    assert BudgetAlert.objects.count() == 1


def test_it_has_a_signal_of_its_own(django_capture_on_commit_callbacks: Callable[..., Any]) -> None:
    heard: list[str] = []

    def forecast(alert: BudgetAlert, **kwargs: Any) -> None:
        heard.append(f"forecast {alert.budget}")

    def crossed(alert: BudgetAlert, **kwargs: Any) -> None:
        heard.append(f"crossed {alert.threshold}")

    signals.budget_running_out.connect(forecast)
    signals.budget_threshold_crossed.connect(crossed)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            services.record_spend(make_campaign(make_brand(daily_budget=100)), 60, now=NOW)
        with django_capture_on_commit_callbacks(execute=True):
            raise_forecasts(now=NOW)
    finally:
        signals.budget_running_out.disconnect(forecast)
        signals.budget_threshold_crossed.disconnect(crossed)
    assert heard == ["crossed 50", "forecast daily_budget"]
