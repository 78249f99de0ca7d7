from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from celery import Celery, Task
from celery.result import AsyncResult
from django.core.mail import EmailMessage
from django.core.management import CommandError
from django.utils import timezone

from django_adbudget import services
from django_adbudget.models import Campaign, Heartbeat, PlatformOrder
from django_adbudget.platforms import Order, OrderResult, PlatformBackend
from tests.factories import make_brand, make_campaign
from tests.management.calling import data, said

pytestmark = pytest.mark.django_db


class Refusing(PlatformBackend):
    def apply(self, orders: Any) -> list[OrderResult]:
        return [OrderResult(order.campaign_id, ok=False, error="quota") for order in orders]


class Obeying(PlatformBackend):
    told: list[Order] = []

    def apply(self, orders: Any) -> list[OrderResult]:
        Obeying.told += orders
        return [OrderResult(order.campaign_id, ok=True) for order in orders]


def use(settings: Any, backend: type[PlatformBackend]) -> None:
    settings.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": f"{backend.__module__}.{backend.__name__}"}}


@pytest.fixture
def campaign(settings: Any) -> Campaign:
    use(settings, Obeying)
    Obeying.told = []
    return make_campaign(make_brand(name="Fahrrad"))


def test_what_waits_is_sent(campaign: Campaign) -> None:
    assert said("adbudget_deliver") == ["1 order sent: 1 done, 0 failed."]
    assert [order.campaign_id for order in Obeying.told] == [campaign.pk]
    assert Heartbeat.objects.get().name == "deliverer"
    assert data("adbudget_deliver") == {"hurried": 0, "sent": 0, "done": 0, "failed": 0}


def test_a_refusal_fails_the_command_and_retry_does_not_wait(campaign: Campaign, settings: Any) -> None:
    use(settings, Refusing)
    with pytest.raises(CommandError, match="the platform refused some"):
        said("adbudget_deliver")
    use(settings, Obeying)
    assert data("adbudget_deliver")["sent"] == 0
    other = make_brand()
    assert data("adbudget_deliver", retry=True, brand=[other.name])["hurried"] == 0
    report = data("adbudget_deliver", retry=True, brand=["Fahrrad"])
    assert report == {"hurried": 1, "sent": 1, "done": 1, "failed": 0}


def test_a_lease_in_force_is_respected(campaign: Campaign) -> None:
    later = timezone.now() + timedelta(minutes=1)
    PlatformOrder.objects.update(state="LEASED", leased_until=later)
    assert data("adbudget_deliver", retry=True)["sent"] == 0


def test_async(campaign: Campaign, memory_app: Celery, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    def apply_async(self: Task[Any, Any], **options: Any) -> AsyncResult[Any]:
        sent.append(self.name)
        return AsyncResult("one")

    monkeypatch.setattr(Task, "apply_async", apply_async)
    assert said("adbudget_deliver", "--async") == ["Sent adbudget.deliver_status_changes to a worker, as message one."]
    assert sent == ["adbudget.deliver_status_changes"]
    assert not Obeying.told


def test_alerts_go_out_too_if_asked(campaign: Campaign, settings: Any, mailoutbox: list[EmailMessage]) -> None:
    """D4."""
    channel = {"CHANNEL": "django_adbudget.channels.mail.MailChannel", "OPTIONS": {"to": ["buyer@example.com"]}}
    settings.ADBUDGET = {**settings.ADBUDGET, "ALERT_CHANNELS": [channel]}
    services.record_spend(make_campaign(make_brand(daily_budget=10)), 10)
    said("adbudget_deliver")
    assert not mailoutbox
    assert said("adbudget_deliver", alerts=True)[-1] == "1 digest sent, 0 failed; 0 foretold."
    assert [mail.to for mail in mailoutbox] == [["buyer@example.com"]]


def test_a_channel_that_fails_fails_the_command(campaign: Campaign, settings: Any) -> None:
    channel = {"CHANNEL": "django_adbudget.channels.webhook.WebhookChannel"}
    options = {"url": "https://127.0.0.1/", "secret": "a-secret-of-thirty-two-characters"}
    settings.ADBUDGET = {**settings.ADBUDGET, "ALERT_CHANNELS": [{**channel, "OPTIONS": options}]}
    services.record_spend(make_campaign(make_brand(daily_budget=10)), 10)
    with pytest.raises(CommandError, match="a channel failed"):
        said("adbudget_deliver", alerts=True)


def test_a_brand_goes_with_retry(campaign: Campaign) -> None:
    with pytest.raises(CommandError, match="--brand goes with --retry"):
        said("adbudget_deliver", brand=["Fahrrad"])
