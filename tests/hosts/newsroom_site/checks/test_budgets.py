"""The newsroom's own tests, with the fixtures that the package ships."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from newsroom.ads import BANNERS
from newsroom.models import Note

from django_adbudget import services
from django_adbudget.models import Brand, PlatformOrder, SpendRecord
from django_adbudget.testing import Clock, RecordedPlatform, make_brand, make_campaign, make_window

pytestmark = pytest.mark.django_db(databases=["default", "ledger"])

#: A Wednesday, 12:00 in Sao Paulo.
NOON = datetime(2026, 3, 11, 15, tzinfo=UTC)


def test_new_brands_have_the_sites_zone_and_currency() -> None:
    brand = make_brand()
    assert (brand.timezone, brand.currency) == ("America/Sao_Paulo", "BRL")


def test_rows_are_written_where_the_router_says() -> None:
    services.record_spend(make_campaign(), Decimal("1.25"), idempotency_key="one")
    assert SpendRecord.objects.get()._state.db == "ledger"


def test_a_day_of_a_campaign(
    adbudget_clock: Clock,
    adbudget_platform: RecordedPlatform,
    adbudget_alerts: list[Any],
    adbudget_settings: Callable[..., None],
) -> None:
    """It pauses at its budget and comes back at the midnight of Sao Paulo; people and the platform are told."""
    adbudget_settings(ALERT_THRESHOLDS=(100,), ALERT_FORECAST_MINUTES=None)
    adbudget_clock.move_to(NOON)
    campaign = make_campaign(daily_budget=Decimal(10))
    services.deliver_status_changes()
    services.record_spend(campaign, 10)
    services.deliver_status_changes()
    services.send_alerts()
    adbudget_clock.move(hours=12)
    services.reconcile(due_only=True)
    services.deliver_status_changes()
    assert [order.action for order in adbudget_platform.orders] == ["RUN", "STOP", "RUN"]
    assert [[alert.threshold for alert in digest.alerts] for digest in adbudget_alerts] == [[100]]


def test_hours_of_a_campaign(adbudget_clock: Clock) -> None:
    campaign = make_campaign()
    make_window(campaign, 2, "09:00", "17:00")
    adbudget_clock.move_to(NOON)
    assert services.campaign_status(campaign).status == "ACTIVE"
    adbudget_clock.move(hours=5)
    assert services.campaign_status(campaign).status == "PAUSED_DAYPART"


def test_our_ad_server_gets_the_orders() -> None:
    campaign = make_campaign(total_budget=Decimal(5))
    services.deliver_status_changes()
    assert BANNERS[campaign.pk] == "RUN"
    services.record_spend(campaign, 5)
    services.deliver_status_changes()
    assert BANNERS[campaign.pk] == "STOP"
    assert not PlatformOrder.objects.exclude(state="DONE").exists()


@pytest.mark.django_db(databases=["default", "ledger"], transaction=True)
def test_our_receiver_hears_of_a_pause() -> None:
    """After the ledger has committed, and it writes into another database."""
    campaign = make_campaign(name="Front page", total_budget=Decimal(5))
    services.record_spend(campaign, 5)
    assert [note.text for note in Note.objects.all()] == ["Front page: PAUSED_BUDGET"]


def test_tenants_of_a_test(client: Any, admin_user: Any, adbudget_settings: Callable[..., None]) -> None:
    seen, hidden = make_brand(), make_brand()
    adbudget_settings(API_BRANDS_FOR=lambda request: Brand.objects.filter(pk=seen.pk))
    client.force_login(admin_user)
    codes = [client.get(f"/desk/django_adbudget/brand/{brand.pk}/change/").status_code for brand in (seen, hidden)]
    assert codes == [200, 302]


@pytest.fixture
def admin_user() -> Any:
    from newsroom.models import Person

    return Person.objects.create_superuser("ana@example.com")
