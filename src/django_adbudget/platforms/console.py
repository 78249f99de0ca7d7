"""The default: writes orders where a developer sees them, and calls them done."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, TextIO

from .base import Order, OrderResult, PlatformBackend


class ConsoleBackend(PlatformBackend):
    """One line an order, such as ``RUN campaign 7 (external id 120210, generation 3)``, to standard error.

    The option ``stream`` takes another file. Standard output is left to the commands that print results.
    """

    def __init__(self, *, stream: TextIO | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.stream = stream

    def apply(self, orders: Sequence[Order]) -> list[OrderResult]:
        stream = self.stream or sys.stderr
        for order in orders:
            outside = f"external id {order.external_id}, " if order.external_id else ""
            print(f"{order.action} campaign {order.campaign_id} ({outside}generation {order.generation})", file=stream)
        stream.flush()
        return [OrderResult(order.campaign_id, ok=True) for order in orders]
