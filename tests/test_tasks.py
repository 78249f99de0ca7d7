from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from django.utils import timezone

from django_adbudget import services, signals, tasks
from django_adbudget.exceptions import InvalidKey, InvalidSpendTime
from django_adbudget.models import BudgetSummary, Campaign, Heartbeat, SpendRecord
from tests.factories import make_brand, make_campaign

pytestmark = pytest.mark.django_db


def test_record_spend_takes_json_and_requires_a_key() -> None:
    """D5."""
    campaign = make_campaign()
    at = timezone.now().isoformat()
    first = tasks.record_spend(campaign.pk, "1.50", at, "k", source="meta")
    again = tasks.record_spend(campaign.pk, "1.50", at=at, idempotency_key="k", source="meta")
    assert (first["id"], first["replayed"], again["id"], again["replayed"]) == (again["id"], False, first["id"], True)
    with pytest.raises(InvalidKey):
        tasks.record_spend(campaign.pk, "1.50", at)
    texts: list[Any] = ["yesterday", "2026-03-11T10:00:00", 5]
    for text in texts:
        with pytest.raises(InvalidSpendTime):
            tasks.record_spend(campaign.pk, "1.50", text, "k2")
    a_float: Any = 1.5
    with pytest.raises(TypeError):
        tasks.record_spend(campaign.pk, a_float, at, "k2")
    assert SpendRecord.objects.total() == 1.5


def test_every_periodic_task_may_run_twice() -> None:
    """T2, D5."""
    campaign = make_campaign(make_brand(daily_budget=5))
    services.record_spend(campaign, 5)
    before = list(BudgetSummary.objects.exclude(spend=0).values_list("pk", "spend"))
    for _ in range(2):
        tasks.check_campaign_dayparting()
        tasks.update_campaign_status()
        tasks.reset_daily_budgets()
        tasks.reset_monthly_budgets()
        tasks.deliver_status_changes()
        assert tasks.verify_summaries() == 0
    assert list(BudgetSummary.objects.exclude(spend=0).values_list("pk", "spend")) == before
    campaign.refresh_from_db()
    assert (campaign.status, campaign.in_sync) == ("PAUSED_BUDGET", True)


def test_differences_are_signalled(django_capture_on_commit_callbacks: Any) -> None:
    """D3: within a caller's transaction, once that commits."""
    heard: list[Any] = []

    def receive(differences: list[Any], **kwargs: Any) -> None:
        heard.extend(differences)

    signals.summaries_differ.connect(receive)
    services.record_spend(make_campaign(), 5)
    BudgetSummary.objects.filter(period="DAY").update(spend=6)
    with django_capture_on_commit_callbacks(execute=True):
        assert tasks.verify_summaries() == 1
        assert heard == []
    signals.summaries_differ.disconnect(receive)
    assert [(d.period, d.ledger, d.summary) for d in heard] == [("DAY", 5, 6)]


@pytest.mark.broker
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_ticks_and_records(redis_app: Celery) -> None:
    campaign = make_campaign(daily_budget=5)
    Campaign.objects.update(next_check_at=timezone.now() - timedelta(seconds=1), status="INACTIVE")
    message = {"campaign_id": campaign.pk, "amount": "5.00", "idempotency_key": "k"}
    with start_worker(redis_app, perform_ping_check=False, pool="solo"):
        redis_app.send_task("adbudget.record_spend", kwargs=message)
        redis_app.send_task("adbudget.record_spend", kwargs=message)
        redis_app.send_task("adbudget.check_campaign_dayparting")
        wait_until(lambda: SpendRecord.objects.exists() and Heartbeat.objects.filter(name="tick").exists())
    campaign.refresh_from_db()
    assert campaign.status == "PAUSED_BUDGET"
    assert SpendRecord.objects.total() == 5


def wait_until(condition: Callable[[], bool]) -> None:
    """Polls: the worker says nothing to this process."""
    last = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < last, "the worker did not do its work within 30 s"
        time.sleep(0.02)
