"""How a host tests that its budgets hold: `python manage.py test`, which needs no broker and no platform.

``django_adbudget.testing`` brings a clock that stands still, a platform that records, and rows."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from unittest import mock

from django.test import TestCase

from agency.tasks import collect_spend
from django_adbudget.models import PlatformOrder, SpendRecord
from django_adbudget.services import campaign_status, deliver_status_changes, reconcile, record_spend
from django_adbudget.testing import frozen, make_brand, make_campaign, make_window, recording

NOON = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)  # a Wednesday, 13:00 in Berlin


class BudgetTests(TestCase):
    def setUp(self) -> None:
        self.clock = self.enterContext(frozen(NOON))
        brand = make_brand(name="Berliner Fahrrad", timezone="Europe/Berlin", daily_budget=Decimal(100))
        self.campaign = make_campaign(brand, name="Spring")

    def test_the_spend_that_reaches_the_days_budget_pauses_at_once(self) -> None:
        record_spend(self.campaign, Decimal("99.99"), idempotency_key="click-1")
        assert campaign_status(self.campaign).status == "ACTIVE"

        receipt = record_spend(self.campaign, Decimal("0.01"), idempotency_key="click-2")

        assert [change.to_status for change in receipt.status_changes] == ["PAUSED_BUDGET"]
        assert campaign_status(self.campaign).reasons == ("BRAND_DAILY_BUDGET",)

    def test_the_same_spend_sent_again_counts_once(self) -> None:
        first, second = (record_spend(self.campaign, Decimal(5), idempotency_key="click-1") for _ in range(2))
        assert (first.replayed, second.replayed) == (False, True)
        assert SpendRecord.objects.count() == 1

    def test_local_midnight_brings_the_campaign_back(self) -> None:
        record_spend(self.campaign, Decimal(100))
        self.clock.move(hours=10, minutes=59)
        assert reconcile(due_only=True).activated == 0
        self.clock.move(minutes=1)  # midnight in Berlin
        assert reconcile(due_only=True).activated == 1  # what the tick does each minute
        self.campaign.refresh_from_db()
        assert self.campaign.status == "ACTIVE"

    def test_a_campaign_runs_in_its_hours_alone(self) -> None:
        make_window(self.campaign, 2, "09:00", "13:00")  # the hour is local, and the end is outside
        assert campaign_status(self.campaign).reasons == ("OUTSIDE_DAYPARTING",)
        self.clock.move(hours=-1)
        assert campaign_status(self.campaign).can_run_now


class AdServerTests(TestCase):
    def test_an_exhausted_budget_reaches_the_platform_as_a_stop(self) -> None:
        campaign = make_campaign(daily_budget=Decimal(10))
        with recording() as platform:
            deliver_status_changes()
            record_spend(campaign, Decimal(10))
            deliver_status_changes()
        assert [order.action for order in platform.orders] == ["RUN", "STOP"]

    def test_our_own_ad_server_carries_out_what_it_is_told(self) -> None:
        campaign = make_campaign()
        with self.assertLogs("agency.adserver", "INFO") as log:
            deliver_status_changes()
        assert f"RUN campaign {campaign.pk}" in log.output[-1]
        assert PlatformOrder.objects.get(campaign=campaign).state == "DONE"


class CollectingTests(TestCase):
    def test_a_minute_is_collected_once(self) -> None:
        make_campaign()
        now = mock.patch("agency.tasks.timezone.now", return_value=datetime.now(UTC))  # one minute, not two by chance
        with now, mock.patch("agency.tasks.spend", return_value=Decimal("1.25")):
            assert (collect_spend(), collect_spend()) == (1, 0)
        assert SpendRecord.objects.get().source == "adserver"
