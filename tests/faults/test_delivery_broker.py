"""The broker goes away while spend comes in: nothing is lost, nobody waits, and orders are delivered after (D2, D5)."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, current_app
from celery.contrib.testing.worker import start_worker
from django.utils import timezone

from django_adbudget import services, tasks
from django_adbudget.models import Brand, Campaign, PlatformOrder, SpendRecord
from django_adbudget.platforms import recording
from django_adbudget.services import hints
from tests.factories import make_brand
from tests.integration.books import check_books
from tests.integration.crowd import PATIENCE
from tests.processes import HOST, Command, free_port, fresh_home, running
from tests.servers import find_redis, redis_answers

from .size import sized

pytestmark = [pytest.mark.broker, pytest.mark.integration, pytest.mark.django_db(transaction=True)]

THERE, GONE, EVERY = sized(20, 1), sized(60, 2), 0.05
"""Seconds with the broker and without it, and between two spends."""


class Broker:
    def __init__(self, home: Path) -> None:
        self.port, self._home = free_port(), home
        self._stack = ExitStack()

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def start(self) -> None:
        kind = ["--save", "", "--appendonly", "no", "--dir", str(self._home)]
        command: Command = [find_redis(None), "--port", str(self.port), "--bind", HOST, *kind]
        self._stack.enter_context(running(command, lambda: redis_answers(self.port), self._home))

    def stop(self) -> None:
        self._stack.close()


@pytest.fixture
def broker(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    with fresh_home(None) as home:
        broker = Broker(home)
        broker.start()
        monkeypatch.setattr(hints._Broker, "rests_until", 0.0)
        for name in ("broker_url", "broker_write_url"):
            monkeypatch.setitem(current_app.conf, name, broker.url)
        try:
            yield broker
        finally:
            broker.stop()


def make_campaigns(brand: Brand, seconds: float) -> list[Campaign]:
    """One for each spend of so long a time, each with a budget that one spend exhausts."""
    names = [f"{time.monotonic()} {number}" for number in range(int(seconds / EVERY))]
    campaigns = Campaign.objects.bulk_create([Campaign(brand=brand, name=name, daily_budget=1) for name in names])
    services.reconcile()
    return campaigns


def spend(campaigns: list[Campaign]) -> list[float]:
    """Every spend writes an order and would send a hint; gives how long each took, in ms."""
    took = []
    for campaign in campaigns:
        began = time.perf_counter()
        receipt = services.record_spend(campaign, 1)
        took.append(1000 * (time.perf_counter() - began))
        assert [change.to_status for change in receipt.status_changes] == ["PAUSED_BUDGET"]
        time.sleep(EVERY)
    return took


def test_a_broker_that_is_gone_costs_nobody_anything(broker: Broker) -> None:
    brand = make_brand()
    with recording() as platform:
        first, second = make_campaigns(brand, THERE), make_campaigns(brand, GONE)
        there = spend(first)
        broker.stop()
        gone = spend(second)
        broker.start()
        assert SpendRecord.objects.count() == len(there) + len(gone)
        assert Campaign.objects.filter(status="PAUSED_BUDGET").count() == len(there) + len(gone)
        check_books(timezone.now())
        assert not platform.running
        deliver_by_a_worker(broker)
        assert set(platform.running.values()) == {"STOP"}
        assert len(platform.running) == len(there) + len(gone)
    # The first to find the broker gone waits for it, and nobody for ten seconds after.
    waited = [ms for ms in gone if ms > 500]
    assert len(waited) <= 2 + GONE // 10
    for name, took in (("there", there), ("gone", gone)):
        p95 = statistics.quantiles(took, n=20)[-1]
        print(f"{name}: {len(took)} spends, p50 {statistics.median(took):.1f} ms, p95 {p95:.1f}, max {max(took):.0f}")


def deliver_by_a_worker(broker: Broker) -> None:
    """What beat would send, once the broker is back."""
    with Celery("after", broker=broker.url, set_as_current=False) as app:
        app.conf.update(broker_url=broker.url, task_ignore_result=True)
        with start_worker(app, perform_ping_check=False, pool="solo"):
            app.send_task(tasks.deliver_status_changes.name)
            ends = time.monotonic() + PATIENCE
            while PlatformOrder.objects.exclude(state="DONE").exists():
                assert time.monotonic() < ends
                time.sleep(0.05)  # a condition that the worker brings about


def test_hints_come_again_when_the_broker_is_back(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections kept from before are dead; that costs one hint, and no spend."""
    brand = make_brand()

    def waiting() -> int:
        with Celery("look", broker=broker.url, set_as_current=False) as app, app.connection_for_read() as found:
            channel: Any = found.default_channel
            return int(channel.client.llen("celery"))

    Campaign.objects.create(brand=brand, name="before")
    assert waiting() == 1
    broker.stop()
    Campaign.objects.create(brand=brand, name="meanwhile")
    assert hints._Broker.rests_until > time.monotonic()
    broker.start()
    for number in range(2):
        monkeypatch.setattr(hints._Broker, "rests_until", 0.0)
        Campaign.objects.create(brand=brand, name=f"after {number}")
    assert waiting() >= 1
