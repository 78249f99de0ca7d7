"""Deliverers that meet: an order is sent by one of them, and a campaign has one in flight at most (rule D1)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from django_adbudget import services
from django_adbudget.models import Campaign, PlatformOrder
from django_adbudget.platforms import Order, OrderResult, PlatformBackend
from tests.factories import make_brand

from .books import check_books
from .crowd import together
from .host import TickingClock

pytestmark = pytest.mark.django_db(transaction=True)

OTHERS, CAMPAIGNS = 3, 60


class Slow(PlatformBackend):
    """Counts what is sent. While its first call is under way, others deliver all that they can get."""

    sent: Counter[tuple[int, int]] = Counter()
    guard = threading.Lock()
    first: set[int] = set()
    done_meanwhile = 0

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        with Slow.guard:
            begins = not Slow.sent
            Slow.sent.update((order.campaign_id, order.generation) for order in orders)
        if begins:
            Slow.first = {order.campaign_id for order in orders}
            results = together([services.deliver_status_changes] * OTHERS)
            Slow.done_meanwhile = sum(result.done for result in results)
        return [OrderResult(order.campaign_id, True) for order in orders]


@pytest.fixture
def backend(settings: Any) -> Iterator[type[Slow]]:
    settings.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": f"{__name__}.Slow", "OPTIONS": {}}}
    yield Slow
    Slow.sent.clear()


def test_each_order_is_sent_by_one_of_many(
    backend: type[Slow], ticking: TickingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django_adbudget.services.delivery.BATCH", CAMPAIGNS // 6)
    brand = make_brand()
    Campaign.objects.bulk_create([Campaign(brand=brand, name=f"{n}") for n in range(CAMPAIGNS)])
    services.reconcile()
    result = services.deliver_status_changes()
    assert result.done + backend.done_meanwhile == CAMPAIGNS
    assert backend.done_meanwhile == CAMPAIGNS - len(backend.first)
    assert set(backend.sent.values()) == {1}
    assert not PlatformOrder.objects.exclude(state="DONE").exists()
    check_books(ticking.now())
