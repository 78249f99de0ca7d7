"""A STOP behind a backlog of RUNs does not wait for them (rule D1)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from django_adbudget import services
from django_adbudget.models import Campaign
from django_adbudget.platforms import Order, OrderResult, PlatformBackend
from tests.factories import make_brand, make_campaign
from tests.integration.crowd import PATIENCE, beside

from .size import sized

pytestmark = pytest.mark.django_db(transaction=True)

BACKLOG = sized(10_000, 150)


class Busy(PlatformBackend):
    """Takes a while for each call and each order, and notes what it was asked to stop, and when."""

    guard = threading.Lock()
    calls = orders = 0
    under_way = threading.Event()
    stopped = threading.Event()
    stopped_at = 0.0
    stopped_in_call = 0

    @classmethod
    def clear(cls) -> None:
        cls.calls = cls.orders = 0
        cls.under_way.clear()
        cls.stopped.clear()

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        with self.guard:
            Busy.calls += 1
            Busy.orders += len(orders)
            call = Busy.calls
            if call == 3:
                self.under_way.set()
        if any(order.action == "STOP" for order in orders):
            Busy.stopped_at, Busy.stopped_in_call = time.monotonic(), call
            self.stopped.set()
        time.sleep(0.02 + 0.001 * len(orders))  # what a platform takes
        return [OrderResult(order.campaign_id, ok=True) for order in orders]


@pytest.fixture
def running(settings: Any) -> Iterator[Campaign]:
    """A campaign that the platform runs, and very many that it is to run."""
    settings.ADBUDGET = {"PLATFORM_BACKEND": {"BACKEND": f"{__name__}.Busy"}}
    campaign = make_campaign()
    services.deliver_status_changes()
    brand = make_brand()
    Campaign.objects.bulk_create([Campaign(brand=brand, name=f"{n}") for n in range(BACKLOG)], batch_size=1000)
    services.reconcile()
    Busy.clear()
    yield campaign
    Busy.clear()


@pytest.mark.parametrize("deliverers", [1, 4])
def test_a_stop_goes_with_the_next_claim(running: Campaign, deliverers: int) -> None:
    began = time.monotonic()
    with ExitStack() as stack:
        for _ in range(deliverers):
            stack.enter_context(beside(services.deliver_status_changes))
        assert Busy.under_way.wait(PATIENCE)
        services.deactivate_campaign(running)
        committed_at, before = time.monotonic(), Busy.calls
        assert Busy.stopped.wait(PATIENCE)
    took = time.monotonic() - began
    # Each of them may have claimed its next orders just before.
    assert Busy.stopped_in_call <= before + deliverers + 1
    assert Busy.orders == BACKLOG + 1
    assert not Campaign.objects.out_of_sync().exists()
    sent = 1000 * (Busy.stopped_at - committed_at)
    print(f"{deliverers} deliverers, {BACKLOG} RUNs in {took:.1f} s and {Busy.calls} calls: STOP after {sent:.0f} ms")
