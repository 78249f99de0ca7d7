"""The backend of an imaginary ad server. A real one would call an API here, with ``timeout`` as its limit."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django_adbudget.platforms import Order, OrderResult, PlatformBackend

logger = logging.getLogger(__name__)


class AdServer(PlatformBackend):
    timeout = 5.0

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        return [self._apply_one(order) for order in orders]

    def _apply_one(self, order: Order) -> OrderResult:
        logger.info("ad server: %s campaign %s, order %s", order.action, order.campaign_id, order.generation)
        return OrderResult(order.campaign_id, ok=True)
