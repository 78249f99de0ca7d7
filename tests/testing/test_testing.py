"""What hosts test with: the clock, settings, platform and inbox are there within the block, and gone after it."""

from __future__ import annotations

import subprocess
import sys
import unittest
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning
from django.test import RequestFactory, override_settings

from django_adbudget import checks, clock, services
from django_adbudget.channels import AlertChannel, Digest
from django_adbudget.conf import app_settings
from django_adbudget.models import Brand
from django_adbudget.platforms import PlatformBackend, get_backend
from django_adbudget.services.access.visibility import visible_brands
from django_adbudget.testing import (
    frozen,
    make_brand,
    make_campaign,
    make_window,
    override_adbudget,
    recording_alerts,
)
from tests.pages import DOCS, Page

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)


class Talkative(PlatformBackend):
    def check(self) -> list[CheckMessage]:
        return [CheckWarning("heard", id="host.W001")]


def test_the_clock_stands_and_is_moved() -> None:
    """T8."""
    with frozen(NOON) as standing:
        assert clock.instant() == clock.instant() == NOON
        standing.move(hours=3, minutes=30)
        assert clock.instant() == standing.now() == NOON + timedelta(hours=3.5)
        standing.move_to(NOON - timedelta(days=1))
        assert clock.instant() == NOON - timedelta(days=1)
    assert clock.instant() > NOON


def test_the_clock_goes_on_after_a_failure() -> None:
    with pytest.raises(ZeroDivisionError), frozen(NOON):
        raise ZeroDivisionError
    assert clock.instant() > NOON


def test_a_clock_within_a_clock() -> None:
    with frozen(NOON), frozen(NOON + timedelta(days=1)):
        assert clock.instant() == NOON + timedelta(days=1)


def test_other_threads_see_the_same_instant() -> None:
    seen: list[datetime] = []
    with frozen(NOON):
        thread = Thread(target=lambda: seen.append(clock.instant()))
        thread.start()
        thread.join()
    assert seen == [NOON]


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 3, 11)  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"), frozen(naive):
        pass
    with frozen(NOON) as standing, pytest.raises(ValueError, match="no time zone"):
        standing.move_to(naive)


def test_single_settings_are_changed_and_put_back() -> None:
    before = getattr(django_settings, "ADBUDGET", None)
    with override_settings(ADBUDGET={"DEFAULT_CURRENCY": "EUR"}):
        with override_adbudget(DEFAULT_TIMEZONE="Europe/Berlin"), override_adbudget(API_MAX_BATCH=7):
            found = app_settings.DEFAULT_CURRENCY, app_settings.DEFAULT_TIMEZONE, app_settings.API_MAX_BATCH
        assert found == ("EUR", "Europe/Berlin", 7)
        assert app_settings.DEFAULT_TIMEZONE == "UTC"
    assert getattr(django_settings, "ADBUDGET", None) == before


def test_a_setting_that_is_none_of_ours_is_named() -> None:
    with pytest.raises(TypeError, match="'DEFAULT_ZONE'; did you mean 'DEFAULT_TIMEZONE'"):
        override_adbudget(DEFAULT_ZONE="UTC")


@override_adbudget(API_MAX_BATCH=3)
def test_it_is_a_decorator_too() -> None:
    assert app_settings.API_MAX_BATCH == 3


@pytest.mark.parametrize("given", [Talkative, Talkative(), f"{__name__}.Talkative"])
def test_a_backend_as_class_instance_or_path(given: Any) -> None:
    with override_adbudget(PLATFORM_BACKEND=given):
        assert isinstance(get_backend(), Talkative)
        assert [message.id for message in checks.check_backend(None)] == ["host.W001"]


@pytest.mark.django_db
def test_an_instance_of_a_channel_and_a_function_of_tenants() -> None:
    heard: list[Digest] = []

    class Heard(AlertChannel):
        def send(self, digest: Digest) -> None:
            heard.append(digest)

    seen, hidden = make_brand(), make_brand()
    with override_adbudget(ALERT_CHANNELS=[Heard()], API_BRANDS_FOR=lambda request: Brand.objects.filter(pk=seen.pk)):
        assert list(visible_brands(RequestFactory().get("/"))) == [seen]
        services.record_spend(make_campaign(hidden, total_budget=5), 5)
        services.send_alerts()
    assert [digest.brand for digest in heard] == [hidden]


@pytest.mark.django_db
def test_alerts_are_kept_and_sent_nowhere_else() -> None:
    with override_adbudget(ALERT_FORECAST_MINUTES=None), recording_alerts() as told:
        services.record_spend(make_campaign(total_budget=Decimal(5)), 4)
        services.send_alerts()
        services.send_alerts()
    assert [[alert.threshold for alert in digest.alerts] for digest in told] == [[80]]


@pytest.mark.django_db
def test_rows_have_what_is_named_and_defaults_otherwise() -> None:
    campaign = make_campaign(name="Spring", daily_budget=5)
    window = make_window(campaign, 4, "09:00", time(17, 30))
    assert (campaign.name, campaign.daily_budget, campaign.brand.timezone) == ("Spring", 5, "UTC")
    assert (window.start_time, window.end_time) == (time(9), time(17, 30))
    assert make_campaign(campaign.brand).name != make_campaign(campaign.brand).name


def test_nothing_of_it_imports_pytest_or_needs_django_to_be_set_up() -> None:
    code = "import sys, django_adbudget.testing; sys.exit('pytest' in sys.modules)"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


@pytest.mark.django_db(transaction=True)
def test_the_test_case_of_the_page_passes(settings: Any, tmp_path: Path) -> None:
    page = Page(DOCS / "testing.md", settings, tmp_path)
    page.run()
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(page.names["CampaignTests"])
    suite.run(result := unittest.TestResult())
    assert (result.testsRun, result.failures, result.errors) == (1, [], [])
