"""How a host tests that its budgets hold: `python manage.py test`, which needs no broker and no platform.

Time is an argument: services take ``now``, and what was at an hour is asked with that hour.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from unittest import mock

from django.test import TestCase

from agency.tasks import collect_spend
from django_adbudget.models import Brand, Campaign, DaypartingSchedule, PlatformOrder, SpendRecord
from django_adbudget.services import campaign_status, deliver_status_changes, editing, reconcile, record_spend

NOON = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)
NEXT_DAY = datetime(2026, 3, 11, 23, 0, tzinfo=UTC)  # midnight in Berlin


def make_campaign(name: str = "Spring", *, now: datetime = NOON, hours: tuple[int, int] | None = None) -> Campaign:
    brand, _ = Brand.objects.get_or_create(
        name="Berliner Fahrrad", defaults={"timezone": "Europe/Berlin", "daily_budget": Decimal(100)}
    )
    with editing(brand, now=now):  # decides once, when all is there
        campaign = Campaign.objects.create(brand=brand, name=name)
        if hours:
            start, end = (time(hour) for hour in hours)
            DaypartingSchedule.objects.create(campaign=campaign, day_of_week=2, start_time=start, end_time=end)
    return campaign


class BudgetTests(TestCase):
    def test_the_spend_that_reaches_the_days_budget_pauses_at_once(self) -> None:
        campaign = make_campaign()
        record_spend(campaign, Decimal("99.99"), at=NOON, idempotency_key="click-1", now=NOON)
        assert campaign_status(campaign, now=NOON).status == "ACTIVE"

        receipt = record_spend(campaign, Decimal("0.01"), at=NOON, idempotency_key="click-2", now=NOON)

        assert [change.to_status for change in receipt.status_changes] == ["PAUSED_BUDGET"]
        assert campaign_status(campaign, now=NOON).reasons == ("BRAND_DAILY_BUDGET",)

    def test_the_same_spend_sent_again_counts_once(self) -> None:
        campaign = make_campaign()
        first, second = (
            record_spend(campaign, Decimal(5), at=NOON, idempotency_key="click-1", now=NOON) for _ in range(2)
        )
        assert (first.replayed, second.replayed) == (False, True)
        assert SpendRecord.objects.count() == 1

    def test_local_midnight_brings_the_campaign_back(self) -> None:
        campaign = make_campaign()
        record_spend(campaign, Decimal(100), at=NOON, now=NOON)

        result = reconcile(due_only=True, now=NEXT_DAY)  # what the tick does each minute

        assert result.activated == 1
        campaign.refresh_from_db()
        assert campaign.status == "ACTIVE"

    def test_a_campaign_runs_in_its_hours_alone(self) -> None:
        campaign = make_campaign(hours=(9, 12))  # a Wednesday's morning in Berlin, which at noon UTC is over
        assert campaign_status(campaign, now=NOON).reasons == ("OUTSIDE_DAYPARTING",)
        assert campaign_status(campaign, now=NOON.replace(hour=8)).can_run_now


class AdServerTests(TestCase):
    def test_an_exhausted_budget_reaches_the_ad_server_as_a_stop(self) -> None:
        campaign = make_campaign()
        record_spend(campaign, Decimal(100), at=NOON, now=NOON)

        with self.assertLogs("agency.adserver", "INFO") as log:
            deliver_status_changes(now=NOON)

        assert f"STOP campaign {campaign.pk}" in log.output[-1]
        assert PlatformOrder.objects.get(campaign=campaign).state == "DONE"


class CollectingTests(TestCase):
    def test_a_minute_is_collected_once(self) -> None:
        make_campaign(now=datetime.now(UTC))
        now = mock.patch("agency.tasks.timezone.now", return_value=datetime.now(UTC))  # one minute, not two by chance
        with now, mock.patch("agency.tasks.spend", return_value=Decimal("1.25")):
            assert (collect_spend(), collect_spend()) == (1, 0)
        assert SpendRecord.objects.get().source == "adserver"
