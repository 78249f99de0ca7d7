"""An ad platform that fails, times out after it has acted, and watches that nobody tells it two things at once."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence

from django_adbudget.platforms import Order, OrderResult, PlatformBackend

#: Parts of orders that fail; that take effect, though the deliverer hears of a time-out; of calls that break off.
FAILS, TIMES_OUT, BREAKS = 0.3, 0.2, 0.05
LATENCY = 0.003


class Stormy(PlatformBackend):
    """All of its state belongs to the class: each delivery makes a backend of its own."""

    guard = threading.Lock()
    chance = random.Random(5)
    in_flight: set[int] = set()
    doubled: list[int] = []
    running: dict[int, str] = {}
    calls = orders = 0

    @classmethod
    def clear(cls) -> None:
        cls.in_flight, cls.doubled, cls.running = set(), [], {}
        cls.calls = cls.orders = 0

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        ids = {order.campaign_id for order in orders}
        with self.guard:
            Stormy.calls += 1
            Stormy.orders += len(orders)
            self.doubled.extend(self.in_flight & ids)
            self.in_flight.update(ids)
        time.sleep(LATENCY)  # what the network takes, so that calls overlap
        with self.guard:
            results = [self._apply_one(order) for order in orders]
            self.in_flight.difference_update(ids)
            if self.chance.random() < BREAKS:
                raise TimeoutError("the platform did not answer")
        return results

    def _apply_one(self, order: Order) -> OrderResult:
        fate = self.chance.random()
        if fate < FAILS:
            return OrderResult(order.campaign_id, ok=False, error="try again")
        self.running[order.campaign_id] = order.action
        if fate < FAILS + TIMES_OUT:
            return OrderResult(order.campaign_id, ok=False, error="timed out")
        return OrderResult(order.campaign_id, ok=True)
