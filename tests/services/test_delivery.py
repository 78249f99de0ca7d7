from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery, current_app
from django.dispatch import Signal

from django_adbudget import services, signals
from django_adbudget.models import Campaign, PlatformOrder
from django_adbudget.platforms import Order, OrderResult, PlatformBackend
from django_adbudget.services import hints
from django_adbudget.services.delivery import delivering
from tests.factories import NOW, make_brand, make_campaign

pytestmark = pytest.mark.django_db


class Recording(PlatformBackend):
    """A platform that does what ``answer`` says, and remembers what it was told."""

    told: list[Order] = []
    answer: Callable[[Order], OrderResult | None]

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        Recording.told += orders
        results = [type(self).answer(order) for order in orders]
        return [result for result in results if result is not None]


@pytest.fixture
def platform(settings: Any) -> type[Recording]:
    settings.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": "tests.services.test_delivery.Recording", "OPTIONS": {}}}
    Recording.told = []
    Recording.answer = staticmethod(lambda order: OrderResult(order.campaign_id, ok=True))
    return Recording


def test_orders_are_sent_stop_first_and_acknowledged(platform: type[Recording]) -> None:
    """D1."""
    running = make_campaign(external_id="x-1")
    stopping = make_campaign(daily_budget=5)
    services.deliver_status_changes()
    platform.told.clear()
    Campaign.objects.filter(pk=running.pk).update(is_active=False)
    services.reconcile(now=NOW)
    services.activate_campaign(running, now=NOW)
    services.record_spend(stopping, 5, now=NOW)
    result = services.deliver_status_changes(now=NOW)
    assert (result.sent, result.done, result.failed) == (2, 2, 0)
    assert [(order.action, order.generation, order.external_id) for order in platform.told] == [
        ("STOP", 2, None),
        ("RUN", 3, "x-1"),
    ]
    assert not Campaign.objects.out_of_sync().exists()
    assert services.campaign_status(running, now=NOW).in_sync
    assert services.deliver_status_changes(now=NOW).sent == 0


def test_the_newest_order_replaces_the_one_before(platform: type[Recording]) -> None:
    """D1: only the last of several flips is sent."""
    campaign = make_campaign()
    services.deactivate_campaign(campaign)
    services.activate_campaign(campaign)
    services.deliver_status_changes()
    assert [(order.action, order.generation) for order in platform.told] == [("RUN", 3)]


@pytest.mark.parametrize("fault", ["refuses", "forgets", "raises"])
def test_what_fails_is_tried_again_later_and_for_ever(platform: type[Recording], fault: str) -> None:
    """D1."""

    def answer(order: Order) -> OrderResult | None:
        if fault == "raises":
            raise RuntimeError("platform is down")
        return None if fault == "forgets" else OrderResult(order.campaign_id, ok=False, error="quota")

    platform.answer = staticmethod(answer)
    campaign = make_campaign()
    at = campaign.platform_order.next_attempt_at
    for attempt in range(1, 30):
        assert services.deliver_status_changes(now=at).failed == 1
        order = PlatformOrder.objects.get()
        assert (order.state, order.attempts, order.leased_until) == ("PENDING", attempt, None)
        assert order.last_error
        wait = order.next_attempt_at - at
        assert timedelta(seconds=0.5) <= wait <= timedelta(minutes=15)
        assert services.deliver_status_changes(now=at).sent == 0
        at = order.next_attempt_at
    platform.answer = staticmethod(lambda order: OrderResult(order.campaign_id, ok=True))
    assert services.deliver_status_changes(now=at).done == 1
    assert services.campaign_status(campaign, now=NOW).in_sync


def test_an_order_placed_while_another_is_in_flight_waits_for_it(platform: type[Recording]) -> None:
    """D1: at most one is in flight for a campaign."""
    campaign = make_campaign()

    def answer(order: Order) -> OrderResult:
        if order.generation == 1:
            services.deactivate_campaign(campaign)
            assert PlatformOrder.objects.get().leased_until is not None
            assert delivering.deliver_status_changes().sent == 0
        return OrderResult(order.campaign_id, ok=True)

    platform.answer = staticmethod(answer)
    services.deliver_status_changes()
    services.deliver_status_changes()
    assert [(order.action, order.generation) for order in platform.told] == [("RUN", 1), ("STOP", 2)]
    assert not Campaign.objects.out_of_sync().exists()


def test_a_lease_that_ran_out_is_claimed_again(platform: type[Recording]) -> None:
    campaign = make_campaign()
    at = campaign.platform_order.next_attempt_at
    PlatformOrder.objects.update(state="LEASED", leased_until=at + timedelta(seconds=60))
    assert services.deliver_status_changes(now=at).sent == 0
    assert services.deliver_status_changes(now=at + timedelta(seconds=61)).done == 1


def test_a_limit_is_kept(platform: type[Recording]) -> None:
    brand = make_brand()
    for _ in range(3):
        make_campaign(brand)
    assert services.deliver_status_changes(limit=2).sent == 2
    assert services.deliver_status_changes(limit=2).sent == 1


def test_many_orders_in_one_transaction_are_one_hint(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    """D2. With a broker that takes each: no failure keeps the second back."""
    sent: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: sent.append(name))
    monkeypatch.setattr(hints._Broker, "rests_until", 0.0)
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            make_campaign()
    assert sent == ["adbudget.deliver_status_changes"]


def test_no_hint_where_tasks_run_at_once(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[str] = []
    eager = Celery("eager", set_as_current=False)
    eager.conf.task_always_eager = True
    monkeypatch.setattr(eager, "send_task", lambda name, **options: sent.append(name))
    monkeypatch.setattr(hints, "current_app", eager)
    monkeypatch.setattr(hints._Broker, "rests_until", 0.0)
    with django_capture_on_commit_callbacks(execute=True):
        make_campaign()
    assert sent == []


def test_one_hint_a_transaction_and_none_for_a_while_after_a_failure(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    """D2."""
    sent: list[str] = []

    def send_task(name: str, **options: Any) -> None:
        sent.append(name)
        raise OSError("no broker")

    monkeypatch.setattr(current_app, "send_task", send_task)
    monkeypatch.setattr(hints._Broker, "rests_until", 0.0)
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            make_campaign()
            make_campaign()
    assert sent == ["adbudget.deliver_status_changes"]


def test_signals_come_after_commit_and_a_receiver_that_raises_harms_nobody(
    django_capture_on_commit_callbacks: Any,
) -> None:
    """D3."""
    heard: list[str] = []

    def bad(**kwargs: Any) -> None:
        raise RuntimeError("a receiver's own fault")

    def hear(words: Callable[[dict[str, Any]], str]) -> Callable[..., None]:
        return lambda **kwargs: heard.append(words(kwargs))

    campaign = make_campaign(make_brand(daily_budget=5))
    wired: list[tuple[Signal, Callable[..., None]]] = [
        (signals.spend_recorded, bad),
        (signals.spend_recorded, hear(lambda sent: f"recorded {sent['record'].amount}")),
        (signals.campaign_status_changed, bad),
        (
            signals.campaign_status_changed,
            hear(lambda sent: f"changed {sent['campaign'].status} by {sent['change'].cause}"),
        ),
        (signals.campaign_paused, hear(lambda sent: "paused")),
        (signals.budget_threshold_crossed, hear(lambda sent: f"crossed {sent['alert'].threshold}")),
        (signals.budget_exhausted, hear(lambda sent: f"exhausted {sent['budget']} {sent['limit']}")),
    ]
    for signal, receiver in wired:
        signal.connect(receiver, weak=False)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            services.record_spend(campaign, 5, now=NOW)
            assert heard == []
    finally:
        for signal, receiver in wired:
            signal.disconnect(receiver)
    assert sorted(heard) == [
        "changed PAUSED_BUDGET by SPEND",
        "crossed 100",
        "exhausted daily_budget 5.00",
        "paused",
        "recorded 5.00",
    ]
