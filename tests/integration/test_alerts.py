"""Many who cross at once, and many who send at once (rule D4)."""

from __future__ import annotations

import threading
from collections import Counter
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core import mail

from django_adbudget import services
from django_adbudget.channels import AlertChannel, Digest
from django_adbudget.models import AlertDelivery, Brand, BudgetAlert, Campaign, SpendRecord
from django_adbudget.services.alerts.forecasts import raise_forecasts
from tests.factories import NOW, make_brand, make_campaign

from .books import check_books
from .crowd import PATIENCE, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.server]

CROSSINGS, SENDERS, BRANDS = 50, 6, 8


def spend(campaign: Campaign, amount: int) -> None:
    services.record_spend(campaign, amount, now=NOW)


def told() -> list[tuple[int | None, Decimal]]:
    return list(BudgetAlert.objects.order_by("pk").values_list("threshold", "spend"))


def test_fifty_concurrent_crossings_make_one_alert() -> None:
    """Each of them alone would cross all three thresholds: the first does, and names the highest."""
    brand = make_brand(daily_budget=100)
    campaigns = [make_campaign(brand) for _ in range(5)]
    together([partial(spend, campaigns[n % 5], 100) for n in range(CROSSINGS)])
    assert SpendRecord.objects.total() == 100 * CROSSINGS
    assert told() == [(100, 100)]
    check_books(NOW)


def test_fifty_who_cross_one_after_the_other_make_one_alert_a_threshold() -> None:
    brand = make_brand(daily_budget=CROSSINGS)
    campaign = make_campaign(brand)
    together([partial(spend, campaign, 1) for _ in range(CROSSINGS)])
    assert told() == [(50, 25), (80, 40), (100, 50)]


def test_crossings_beside_edits_of_the_budget() -> None:
    """However they meet, nothing is told of twice, and at the end the highest reached is told of."""
    brand = make_brand(daily_budget=100)
    campaign = make_campaign(brand)

    def edit(budget: int) -> None:
        with services.editing(brand.pk, now=NOW):
            row = Brand.objects.get(pk=brand.pk)
            row.daily_budget = Decimal(budget)
            row.save()

    together([partial(spend, campaign, 10) for _ in range(20)] + [partial(edit, n) for n in (150, 100, 120, 150, 100)])
    counts = Counter(BudgetAlert.objects.values_list("limit", "threshold"))
    assert set(counts.values()) == {1}
    limit = Brand.objects.get().daily_budget
    assert limit is not None
    assert BudgetAlert.objects.filter(limit=limit, threshold=100).exists()


class Counting(AlertChannel):
    """Counts how often each alert is sent; while one is under way, somebody else looks for work."""

    sent: Counter[int] = Counter()
    at_work: Counter[int] = Counter()
    overlaps = 0
    guard = threading.Lock()

    def send(self, digest: Digest) -> None:
        with Counting.guard:
            Counting.sent.update(alert.pk for alert in digest.alerts)
            Counting.at_work[digest.brand.pk] += 1
            Counting.overlaps += Counting.at_work[digest.brand.pk] > 1
        services.send_alerts(now=NOW)
        with Counting.guard:
            Counting.at_work[digest.brand.pk] -= 1


def test_many_senders_send_each_alert_once(settings: Any) -> None:
    settings.ADBUDGET = {"ALERT_CHANNELS": [f"{__name__}.Counting"], "ALERT_FORECAST_MINUTES": None}
    Counting.sent.clear()
    for _ in range(BRANDS):
        campaign = make_campaign(make_brand(daily_budget=100))
        spend(campaign, 50)
        spend(campaign, 50)
    start = threading.Barrier(SENDERS)

    def send() -> None:
        start.wait(PATIENCE)
        services.send_alerts(now=NOW)

    together([send] * SENDERS)
    assert (len(Counting.sent), set(Counting.sent.values()), Counting.overlaps) == (2 * BRANDS, {1}, 0)
    assert not BudgetAlert.objects.filter(sent_at=None).exists()
    assert AlertDelivery.objects.filter(attempts=1, leased_until=None).count() == 2 * BRANDS


def test_two_channels_acknowledged_at_once_settle_the_alert(settings: Any) -> None:
    """The one that comes last under the gate sees that nothing is open."""
    both = [{"CHANNEL": f"{__name__}.{name}"} for name in ("First", "Second")]
    settings.ADBUDGET = {"ALERT_FORECAST_MINUTES": None}
    for _ in range(BRANDS):
        spend(make_campaign(make_brand(daily_budget=100)), 100)
    settings.ADBUDGET = {**settings.ADBUDGET, "ALERT_CHANNELS": both}
    together([partial(services.send_alerts, now=NOW)] * SENDERS)
    assert AlertDelivery.objects.filter(sent_at=None).count() == 0
    assert not BudgetAlert.objects.filter(sent_at=None).exists()


class First(AlertChannel):
    def send(self, digest: Digest) -> None:
        pass


class Second(First):
    pass


def test_many_who_foretell_at_once_foretell_once() -> None:
    for _ in range(BRANDS):
        spend(make_campaign(make_brand(daily_budget=100)), 60)
    raised = together([partial(raise_forecasts, now=NOW)] * SENDERS)
    assert sum(raised) == BudgetAlert.objects.filter(kind="FORECAST").count() == BRANDS


def test_from_the_spend_to_the_mail(settings: Any) -> None:
    channel = {"CHANNEL": "django_adbudget.channels.mail.MailChannel", "OPTIONS": {"to": ["ads@example.com"]}}
    settings.ADBUDGET = {"ALERT_CHANNELS": [channel]}
    campaign = make_campaign(make_brand(name="Acme", daily_budget=CROSSINGS))
    together([partial(spend, campaign, 1) for _ in range(CROSSINGS)])
    together([partial(services.send_alerts, now=NOW)] * SENDERS)
    assert [message.subject for message in mail.outbox] == ["Acme: daily budget reached"]
