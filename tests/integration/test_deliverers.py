"""Deliverers that meet: an order is sent by one of them, and a campaign has one in flight at most (rule D1)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from django_adbudget import services
from django_adbudget.models import Campaign, PlatformOrder
from django_adbudget.platforms import Order, OrderResult, PlatformBackend
from tests.factories import make_brand

from .books import check_books
from .crowd import PATIENCE, together
from .host import TickingClock

pytestmark = pytest.mark.django_db(transaction=True)

OTHERS, CAMPAIGNS = 3, 60


class Counting(PlatformBackend):
    """Counts how often each order is sent; takes a sixth of them at once."""

    batch_size = CAMPAIGNS // 6
    sent: Counter[tuple[int, int]] = Counter()
    guard = threading.Lock()

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        with Counting.guard:
            Counting.sent.update((order.campaign_id, order.generation) for order in orders)
        return [OrderResult(order.campaign_id, True) for order in orders]


class Slow(Counting):
    """While its first call is under way, others deliver all that they can get."""

    done_meanwhile = 0

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        is_first = not Counting.sent
        results = super().apply(orders)
        if is_first:
            Slow.done_meanwhile = sum(result.done for result in together([services.deliver_status_changes] * OTHERS))
        return results


@pytest.fixture
def orders(ticking: TickingClock) -> Iterator[int]:
    """Waiting orders, many times as many as a deliverer takes at once."""
    brand = make_brand()
    Campaign.objects.bulk_create([Campaign(brand=brand, name=f"{n}") for n in range(CAMPAIGNS)])
    services.reconcile()
    yield CAMPAIGNS
    Counting.sent.clear()


def deliver_by(backend: type[Counting], settings: Any) -> None:
    settings.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": f"{__name__}.{backend.__name__}", "OPTIONS": {}}}


def check_sent_once(orders: int, now: datetime) -> None:
    assert len(Counting.sent) == orders
    assert set(Counting.sent.values()) == {1}
    assert not PlatformOrder.objects.exclude(state="DONE").exists()
    check_books(now)


def test_orders_in_flight_are_nobody_elses(orders: int, settings: Any, ticking: TickingClock) -> None:
    deliver_by(Slow, settings)
    result = services.deliver_status_changes()
    assert (result.done, Slow.done_meanwhile) == (orders // 6, orders - orders // 6)
    check_sent_once(orders, ticking.now())


@pytest.mark.server
def test_two_who_look_at_one_moment_claim_different_orders(orders: int, settings: Any, ticking: TickingClock) -> None:
    """Neither goes on before both have looked; what one has locked the other passes over."""
    deliver_by(Counting, settings)
    looked = threading.Barrier(2)

    def deliver() -> None:
        with connection.execute_wrapper(waiting_after_the_first_look(looked)):
            services.deliver_status_changes()

    together([deliver, deliver])
    services.deliver_status_changes()
    check_sent_once(orders, ticking.now())


def waiting_after_the_first_look(looked: threading.Barrier) -> Callable[..., Any]:
    looks: list[str] = []

    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith("SELECT") and PlatformOrder._meta.db_table in sql and "RUN" in params and not looks:
            looks.append(sql)
            looked.wait(PATIENCE)
        return result

    return wrapper
