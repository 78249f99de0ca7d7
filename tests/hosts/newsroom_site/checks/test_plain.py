"""The same without pytest's fixtures: `django test` runs this file."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from django.test import TestCase

from django_adbudget import services
from django_adbudget.platforms import Order, OrderResult, PlatformBackend
from django_adbudget.testing import frozen, make_brand, make_campaign, override_adbudget, recording


class Refusing(PlatformBackend):
    """One of the test's own."""

    def apply(self, orders: object) -> list[OrderResult]:
        return [OrderResult(order.campaign_id, ok=False, error="quota") for order in _orders(orders)]


def _orders(orders: object) -> list[Order]:
    assert isinstance(orders, list | tuple)
    return list(orders)


@override_adbudget(DEFAULT_CURRENCY="CLP")
class CampaignTests(TestCase):
    databases = {"default", "ledger"}

    def setUp(self) -> None:
        self.clock = self.enterContext(frozen(datetime(2026, 3, 11, 15, tzinfo=UTC)))
        self.platform = self.enterContext(recording())

    def test_it_stops_at_its_budget(self) -> None:
        campaign = make_campaign(total_budget=Decimal(5))
        services.record_spend(campaign, 5)
        services.deliver_status_changes()
        assert self.platform.running == {campaign.pk: "STOP"}

    def test_the_clock_stands(self) -> None:
        record = services.record_spend(make_campaign(), 1).record
        assert record.spend_datetime == self.clock.now()

    def test_settings_of_a_class_and_of_a_block(self) -> None:
        assert make_brand().currency == "CLP"
        with override_adbudget(DEFAULT_CURRENCY="PEN"):
            assert make_brand().currency == "PEN"

    @override_adbudget(PLATFORM_BACKEND=Refusing())
    def test_a_backend_that_refuses(self) -> None:
        make_campaign()
        assert services.deliver_status_changes().failed == 1
